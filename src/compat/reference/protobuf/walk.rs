//! The way of the comparison through the messages: which pairs are looked at, and in which order.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use super::super::hash_order;
use super::NoAnswer;
use super::closure::Closures;
use super::difference::{Difference, DifferenceKind, Part, Spot};
use super::types::{Scope, TypeId, Types};
use crate::compat::budget::Fuel;
use crate::schema::protobuf::ProtobufSchema;

/// How deep pairs of messages may enclose one another, so that the walk's own recursion is bounded.
/// A text alone nests half as deep; messages of referenced texts that hold each other may go further.
const DEEPEST: usize = 200;

/// A way through a field is longer than one into a nested message.
const THROUGH_A_FIELD: usize = 3;

/// What the comparison found.
#[derive(Debug)]
pub(super) struct Differences<'a> {
    pub(super) original: Types<'a>,
    pub(super) update: Types<'a>,
    /// Everything that was found; the same may be there more than once.
    pub(super) all: Vec<Difference<'a>>,
    /// What is reported, in order, as positions in `all`; one may come several times.
    pub(super) listed: Vec<u32>,
}

/// Compare two schemas.
pub(super) fn compare<'a>(
    original: &'a ProtobufSchema,
    update: &'a ProtobufSchema,
    mut fuel: Fuel,
) -> Result<Differences<'a>, NoAnswer> {
    let closures = Closures::of(original, update);
    let (original, update) = (Types::of(original, &mut fuel)?, Types::of(update, &mut fuel)?);
    let packages = [original.package(), update.package()];
    let mut walk = Walk {
        original,
        update,
        closures,
        fuel,
        all: Vec::new(),
        open: HashMap::new(),
        memo: HashMap::new(),
        compared: Vec::new(),
        lowest_skip: usize::MAX,
    };
    let mut listed = Vec::new();
    let mut context = Context { packages: packages.map(Option::unwrap_or_default), around: String::new() };
    if packages[0] != packages[1] {
        walk.report(DifferenceKind::Package, &context, At::Here, Spots::default(), &mut listed)?;
    }
    walk.scope(None, &mut context, 0, &mut listed)?;
    Ok(Differences { original: walk.original, update: walk.update, all: walk.all, listed })
}

/// The walk.
pub(super) struct Walk<'a> {
    pub(super) original: Types<'a>,
    pub(super) update: Types<'a>,
    pub(super) closures: Closures<'a>,
    pub(super) fuel: Fuel,
    all: Vec<Difference<'a>>,
    /// The original messages whose fields are being compared, and how many were before. The
    /// reference skips the fields of such a message, with whatever it is to be compared.
    open: HashMap<TypeId, usize>,
    memo: HashMap<Reached, Known>,
    /// The original messages whose fields were compared.
    compared: Vec<TypeId>,
    /// The outermost open message that was skipped.
    lowest_skip: usize,
}

/// Where names are looked up and from where paths are told. It starts anew in each message that is
/// reached through a field.
#[derive(Debug, Clone)]
pub(super) struct Context<'a> {
    pub(super) packages: [&'a str; 2],
    /// The names of the messages around, dotted.
    around: String,
}

/// A place below that of a context.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'a> {
    Here,
    Oneof(&'a str),
    Field(i32),
    Member(&'a str, i32),
}

/// The two places of a difference.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spots<'a> {
    pub(super) original: Spot<'a>,
    pub(super) update: Spot<'a>,
}

/// A pair of messages that a field leads to, and the types whose names led there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Reached {
    pub(super) original: TypeId,
    pub(super) update: TypeId,
    pub(super) named: [TypeId; 2],
}

/// What is known of a pair that was reached before.
struct Known {
    listed: Rc<[u32]>,
    /// The original messages whose fields were compared for it.
    compared: Rc<[TypeId]>,
}

/// Positions in [`Walk::all`].
pub(super) type Positions = Vec<u32>;

impl<'a> Walk<'a> {
    /// Compare the messages in a pair of messages, or in the two files.
    fn scope(
        &mut self,
        pair: Option<(TypeId, TypeId)>,
        context: &mut Context<'a>,
        depth: usize,
        listed: &mut Positions,
    ) -> Result<(), NoAnswer> {
        let original = Messages::of(&self.original, pair.map(|(original, _)| original));
        let update = Messages::of(&self.update, pair.map(|(_, update)| update));
        self.fuel.spend(original.names.len() + update.names.len())?;
        for name in hash_order::union(&original.names, &update.names) {
            let length = context.enter(name);
            match (original.by_name.get(name), update.by_name.get(name)) {
                (Some(&original), Some(&update)) => {
                    self.messages(original, update, context, depth, listed)?;
                }
                (Some(&original), None) => {
                    let found = self.original.resolve(context.scope(0), name, &mut self.fuel)?;
                    if found.is_some_and(|found| !self.original.get(found).is_map) {
                        let update = pair.map(|(_, update)| update);
                        let spots = Spots {
                            original: Spot { message: Some(original), part: Part::Whole },
                            update: Spot { message: update, part: Part::MissingMessage(name) },
                        };
                        self.report(DifferenceKind::MessageRemoved, context, At::Here, spots, listed)?;
                    }
                }
                // A new message harms nobody.
                (None, _) => {}
            }
            context.leave(length);
        }
        Ok(())
    }

    /// Compare two messages: their fields and what is nested in them.
    fn messages(
        &mut self,
        original: TypeId,
        update: TypeId,
        context: &mut Context<'a>,
        depth: usize,
        listed: &mut Positions,
    ) -> Result<(), NoAnswer> {
        self.fuel.spend(1)?;
        if depth >= DEEPEST {
            return Err(NoAnswer::Exhausted);
        }
        let pair = (self.original.get(original).message(), self.update.get(update).message());
        let (Some(message), Some(updated)) = pair else { return Err(NoAnswer::EnumForMessage) };
        let is_open = self.open.get(&original).copied();
        match is_open {
            Some(position) => self.lowest_skip = self.lowest_skip.min(position),
            None => {
                self.open.insert(original, self.open.len());
                self.compared.push(original);
                self.members((original, message), (update, updated), context, depth, listed)?;
            }
        }
        self.scope(Some((original, update)), context, depth + 1, listed)?;
        if is_open.is_none() {
            self.open.remove(&original);
        }
        Ok(())
    }

    /// Compare two messages of the same name that a field leads to.
    ///
    /// What is found depends on the messages that are open, because those are skipped. So an answer
    /// is used again only if nothing that was open before was skipped for it, and if nothing that
    /// was compared for it is open now.
    pub(super) fn reach(&mut self, reached: Reached, depth: usize) -> Result<Rc<[u32]>, NoAnswer> {
        let known = self.memo.get(&reached);
        if let Some(Known { listed, compared }) = known {
            self.fuel.spend(1 + listed.len() + compared.len())?;
            if !compared.iter().any(|id| self.open.contains_key(id)) {
                self.compared.extend(compared.iter());
                return Ok(Rc::clone(listed));
            }
        }
        let packages = [self.original.get(reached.original).package, self.update.get(reached.update).package];
        let named = &self.original.get(reached.named[0]).full_name;
        let around = super::types::without_package(named, packages[0]).to_owned();
        let mut context = Context { packages, around };
        let (before, open) = (self.compared.len(), self.open.len());
        let skipped_before = std::mem::replace(&mut self.lowest_skip, usize::MAX);
        let mut listed = Vec::new();
        self.messages(reached.original, reached.update, &mut context, depth + THROUGH_A_FIELD, &mut listed)?;
        let listed: Rc<[u32]> = listed.into();

        let mut compared = self.compared.split_off(before);
        self.fuel.spend(compared.len())?;
        compared.sort_unstable();
        compared.dedup();
        self.compared.extend(&compared);
        if self.lowest_skip >= open {
            let known = Known { listed: Rc::clone(&listed), compared: compared.into() };
            self.memo.insert(reached, known);
        }
        self.lowest_skip = self.lowest_skip.min(skipped_before);
        Ok(listed)
    }

    /// List a difference.
    pub(super) fn report(
        &mut self,
        kind: DifferenceKind,
        context: &Context<'a>,
        at: At<'a>,
        Spots { original, update }: Spots<'a>,
        listed: &mut Positions,
    ) -> Result<(), NoAnswer> {
        let path = context.path(at);
        self.fuel.spend(1 + path.len() / 64)?;
        let position = u32::try_from(self.all.len()).map_err(|_| NoAnswer::Exhausted)?;
        self.all.push(Difference { kind, path, original, update });
        listed.push(position);
        Ok(())
    }
}

/// The messages of one scope.
struct Messages<'a> {
    names: Vec<&'a str>,
    /// Of two of the same name, the later one.
    by_name: HashMap<&'a str, TypeId>,
}

impl<'a> Messages<'a> {
    fn of(types: &Types<'a>, scope: Option<TypeId>) -> Messages<'a> {
        let mut messages = Messages { names: Vec::new(), by_name: HashMap::new() };
        for id in types.nested(scope) {
            let Some(message) = types.get(id).message() else { continue };
            if messages.by_name.insert(&message.name, id).is_none() {
                messages.names.push(&message.name);
            }
        }
        messages
    }
}

impl Context<'_> {
    /// Go into a message; what it gives leads out again.
    fn enter(&mut self, name: &str) -> usize {
        let length = self.around.len();
        if length > 0 {
            self.around.push('.');
        }
        self.around.push_str(name);
        length
    }

    fn leave(&mut self, length: usize) {
        self.around.truncate(length);
    }

    /// Where the names of the original (0) or of the update (1) are looked up.
    pub(super) fn scope(&self, side: usize) -> Scope<'_> {
        let package = self.packages.get(side).copied().unwrap_or_default();
        Scope { package, messages: &self.around }
    }

    fn path(&self, at: At<'_>) -> String {
        format!("#/{}{at}", self.around.replace('.', "/"))
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Here => Ok(()),
            At::Oneof(name) => write!(f, "/{name}"),
            At::Field(number) => write!(f, "/{number}"),
            At::Member(oneof, number) => write!(f, "/{oneof}/{number}"),
        }
    }
}
