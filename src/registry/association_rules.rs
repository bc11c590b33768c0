//! The rules of associations, without store or clock: what a caller may ask for, what it means, and
//! what stands against it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Association, AssociationType, Context, InvalidProperty, Lifecycle, Resource, Subject, Version,
};

use super::{Candidate, Error};

/// A resource as a caller describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceRequest {
    /// Its name.
    pub name: Option<String>,
    /// The namespace of its name.
    pub namespace: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// What kind of thing it is; a topic when left out.
    pub kind: Option<String>,
}

/// An association that a caller wants a resource to have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AssociationWish {
    /// The subject; when left out, the one the resource has by default.
    pub subject: Option<String>,
    /// Which part of a message it describes; the value when left out.
    pub part: Option<String>,
    /// How long the association lives.
    pub lifecycle: Option<Lifecycle>,
    /// Whether it stays as it is; says the same as the lifecycle.
    pub frozen: Option<bool>,
    /// A schema to register under the subject.
    pub schema: Option<Candidate>,
    /// Store the schema's normal form.
    pub normalize: bool,
}

/// What to do where there is an association already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Make a new one; one that is the same already is as good.
    Create,
    /// Make a new one or go on with the one there is.
    Upsert,
}

/// A wish whose words have been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) part: AssociationType,
    subject: Option<Subject>,
    lifecycle: Option<Lifecycle>,
    pub(super) schema: Option<Candidate>,
    pub(super) normalize: bool,
}

/// A wish with what it leaves open filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) part: AssociationType,
    pub(super) subject: Subject,
    pub(super) lifecycle: Lifecycle,
    /// Does it come with a schema?
    pub(super) has_schema: bool,
    /// The association of this type that the resource has already.
    pub(super) existing: Option<Association>,
}

/// What a decision looks at besides the request.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Every association of the resource.
    pub(super) of_resource: Vec<Association>,
    /// What is known of each subject that is wanted.
    pub(super) subjects: BTreeMap<Subject, SubjectStanding>,
}

/// What is known of a subject.
#[derive(Debug, Clone, Default)]
pub(super) struct SubjectStanding {
    pub(super) is_read_only: bool,
    /// Is the subject in import mode?
    pub(super) is_importing: bool,
    pub(super) is_live: bool,
    /// Its associations with any resource.
    pub(super) associations: Vec<Association>,
    /// A version of it that a live schema refers to.
    pub(super) referenced: Option<Version>,
}

/// Have the schemas of the request been registered yet?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schemas {
    Pending,
    Registered,
}

impl ResourceRequest {
    pub(super) fn read(self, needs_id: bool) -> Result<Resource, InvalidProperty> {
        Resource::read(self.name, self.namespace, self.id, self.kind.as_deref(), needs_id)
    }
}

/// Read wishes; a subject without a context belongs to `context`.
pub(super) fn read(wishes: Vec<AssociationWish>, context: &Context) -> Result<Vec<Wanted>, Error> {
    if wishes.is_empty() {
        return Err(InvalidProperty::new("associations", "cannot be null or empty").into());
    }
    let wanted: Result<Vec<Wanted>, Error> = wishes.into_iter().map(|wish| read_one(wish, context)).collect();
    let wanted = wanted?;
    let mut parts = BTreeSet::new();
    match wanted.iter().find(|wanted| !parts.insert(wanted.part)) {
        Some(Wanted { part, .. }) => Err(InvalidProperty::new(
            "associationType",
            format!("may only appear once per request, but '{part}' appears more than once"),
        )
        .into()),
        None => Ok(wanted),
    }
}

fn read_one(wish: AssociationWish, context: &Context) -> Result<Wanted, Error> {
    let subject = wish.subject.map(|text| read_subject(&text, context)).transpose()?;
    let part = AssociationType::read(wish.part.as_deref())?;
    let wrong = |property, detail: &str| Err(InvalidProperty::new(property, detail).into());
    let lifecycle = match (wish.lifecycle, wish.frozen, wish.schema.is_some()) {
        (Some(Lifecycle::Weak), _, true) => {
            return wrong("lifecycle", "cannot be WEAK when schema is provided");
        }
        (_, Some(false), true) => return wrong("frozen", "cannot be false when schema is provided"),
        (Some(Lifecycle::Weak), Some(true), false) => {
            return wrong("frozen", "association with lifecycle of WEAK cannot be frozen");
        }
        (Some(Lifecycle::Strong), Some(false), false) => {
            return wrong("frozen", "association with lifecycle of STRONG must be frozen");
        }
        (_, _, true) | (None, Some(true), _) => Some(Lifecycle::Strong),
        (None, Some(false), _) => Some(Lifecycle::Weak),
        (given, _, _) => given,
    };
    Ok(Wanted { part, subject, lifecycle, schema: wish.schema, normalize: wish.normalize })
}

fn read_subject(text: &str, context: &Context) -> Result<Subject, Error> {
    if text.is_empty() || text.contains(char::is_control) {
        return Err(InvalidProperty::new("subject", "must not be empty").into());
    }
    let subject = Subject::parse_in(text, context);
    subject.check_writable()?;
    Ok(subject)
}

/// Fill in what the wishes leave open, given what the resource has already.
pub(super) fn settle(
    intent: Intent,
    resource: &Resource,
    wanted: &[Wanted],
    of_resource: &[Association],
) -> Result<Vec<Settled>, Error> {
    if let Some(known) = of_resource.first().map(|association| &association.resource) {
        let misnamed = |property| {
            let detail = "is not the one that the resource of this id is known by";
            Err(InvalidProperty::new(property, detail).into())
        };
        if known.name != resource.name {
            return misnamed("resourceName");
        }
        if known.namespace != resource.namespace {
            return misnamed("resourceNamespace");
        }
    }
    wanted.iter().map(|wanted| settle_one(intent, resource, wanted, of_resource)).collect()
}

fn settle_one(
    intent: Intent,
    resource: &Resource,
    wanted: &Wanted,
    of_resource: &[Association],
) -> Result<Settled, Error> {
    let part = wanted.part;
    let existing = of_resource.iter().find(|association| association.part == part);
    let default = resource.default_subject(part);
    // An upsert goes on with what there is; whoever creates says it all.
    let gone_on_with = existing.filter(|_| intent == Intent::Upsert);
    let lifecycle = wanted.lifecycle.or(gone_on_with.map(|existing| existing.lifecycle));
    let lifecycle = lifecycle.unwrap_or(Lifecycle::Weak);
    let subject = wanted.subject.as_ref().or(gone_on_with.map(|existing| &existing.subject));
    let subject = match (subject, lifecycle) {
        (Some(subject), _) => subject.clone(),
        (None, Lifecycle::Strong) => default.clone(),
        (None, Lifecycle::Weak) => {
            return Err(invalid("subject", "must be provided for non-frozen associations"));
        }
    };
    if let Some(existing) = gone_on_with {
        if existing.subject != subject {
            return Err(invalid("subject", "subject of association cannot be changed"));
        }
        if existing.lifecycle == Lifecycle::Strong && lifecycle == Lifecycle::Weak {
            return Err(Error::AssociationFrozen { part, subject });
        }
    }
    match lifecycle {
        Lifecycle::Strong if subject != default => {
            return Err(invalid("subject", format!("frozen associations must use subject '{default}'")));
        }
        Lifecycle::Weak if subject == default => {
            let detail = format!("non-frozen associations must not use subject '{default}'");
            return Err(invalid("subject", detail));
        }
        Lifecycle::Strong | Lifecycle::Weak => {}
    }
    let (existing, has_schema) = (existing.cloned(), wanted.schema.is_some());
    Ok(Settled { part, subject, lifecycle, has_schema, existing })
}

/// What stands against the associations, in the order in which errors win.
pub(super) fn check(
    intent: Intent,
    resource: &Resource,
    settled: &[Settled],
    standing: &Standing,
    schemas: Schemas,
) -> Result<(), Error> {
    let with_subject = || settled.iter().map(|one| (one, &standing.subjects[&one.subject]));
    for (one, subject) in with_subject() {
        if subject.is_read_only {
            return Err(Error::ReadOnlyAssociated(one.subject.clone()));
        }
        if subject.is_importing && one.has_schema {
            return Err(invalid("schema", "is not allowed while the subject is in IMPORT mode"));
        }
        let strong_is_new = one.existing.is_none() && one.lifecycle == Lifecycle::Strong;
        if intent == Intent::Upsert && strong_is_new && !subject.is_importing {
            return Err(invalid("lifecycle", "an association that is STRONG must be created, not updated"));
        }
        let needs_version = !one.has_schema || schemas == Schemas::Registered;
        if needs_version && !subject.is_live {
            return Err(Error::NoLiveVersion(one.subject.clone()));
        }
    }
    for one in settled {
        let differs =
            |existing: &Association| existing.subject != one.subject || existing.lifecycle != one.lifecycle;
        if intent == Intent::Create && one.existing.as_ref().is_some_and(differs) {
            return Err(already_associated(one.part, resource));
        }
    }
    check_lifecycles(settled, &standing.of_resource)?;
    for (one, subject) in with_subject() {
        let is_this =
            |other: &&Association| one.existing.as_ref().is_some_and(|existing| existing.guid == other.guid);
        let mut others = subject.associations.iter().filter(|other| !is_this(other));
        match one.lifecycle {
            Lifecycle::Strong if others.next().is_some() => {
                return Err(Error::SubjectAssociated(one.subject.clone()));
            }
            Lifecycle::Weak if others.any(|other| other.lifecycle == Lifecycle::Strong) => {
                return Err(Error::SubjectStronglyAssociated(one.subject.clone()));
            }
            Lifecycle::Strong | Lifecycle::Weak => {}
        }
    }
    for (one, subject) in with_subject() {
        let strong_is_new = one.existing.is_none() && one.lifecycle == Lifecycle::Strong;
        if let (true, Some(version)) = (strong_is_new, subject.referenced) {
            return Err(Error::Referenced(one.subject.clone(), version));
        }
    }
    Ok(())
}

/// A resource's associations live equally long.
fn check_lifecycles(settled: &[Settled], of_resource: &[Association]) -> Result<(), Error> {
    let recorded = of_resource.iter().map(|association| (association.part, association.lifecycle));
    let wanted = settled.iter().map(|one| (one.part, one.lifecycle));
    let lifecycles: BTreeMap<AssociationType, Lifecycle> = recorded.chain(wanted).collect();
    if lifecycles.values().collect::<BTreeSet<_>>().len() < 2 {
        return Ok(());
    }
    let shown: Vec<String> =
        lifecycles.iter().map(|(part, lifecycle)| format!("{part}={lifecycle}")).collect();
    let shown = shown.join(", ");
    let detail = format!("all associations for a resource must have the same lifecycle, but got {shown}");
    Err(invalid("lifecycle", detail))
}

/// There is another association of this type already, or one that would change.
pub(super) fn already_associated(part: AssociationType, resource: &Resource) -> Error {
    Error::ResourceAssociated { part, resource: resource.id.clone() }
}

fn invalid(property: &'static str, detail: impl Into<String>) -> Error {
    InvalidProperty::new(property, detail).into()
}

#[cfg(test)]
mod tests {
    use super::{AssociationWish, Intent, Schemas, Settled, Standing, SubjectStanding, Wanted};
    use crate::model::{
        Association, AssociationType, Context, Format, Lifecycle, Resource, Subject, Version,
    };
    use crate::registry::{Candidate, Error};

    use AssociationType::{Key, Value};
    use Intent::{Create, Upsert};
    use Lifecycle::{Strong, Weak};

    fn resource(id: &str) -> Resource {
        let text = |text: &str| Some(text.to_owned());
        Resource::read(text("t"), text("n"), text(id), None, true).expect("a resource")
    }

    fn wish(subject: &str, part: &str, lifecycle: Option<Lifecycle>) -> AssociationWish {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        AssociationWish { subject: given(subject), part: given(part), lifecycle, ..Default::default() }
    }

    fn with_schema(wish: AssociationWish) -> AssociationWish {
        AssociationWish { schema: Some(Candidate::of(Format::Avro, "\"string\"")), ..wish }
    }

    fn association(subject: &str, id: &str, part: AssociationType, lifecycle: Lifecycle) -> Association {
        Association {
            subject: Subject::parse(subject),
            guid: format!("{subject} {id} {part}"),
            resource: resource(id),
            part,
            lifecycle,
            created_at: 1,
            updated_at: 1,
        }
    }

    fn read(wishes: &[AssociationWish]) -> Result<Vec<Wanted>, Error> {
        super::read(wishes.to_vec(), &Context::default_context())
    }

    fn settle(
        intent: Intent,
        wishes: &[AssociationWish],
        has: &[Association],
    ) -> Result<Vec<Settled>, Error> {
        super::settle(intent, &resource("id"), &read(wishes).expect("words that can be read"), has)
    }

    /// Everything together; `known` tells of the subjects, those that are not named are live.
    fn decide(
        intent: Intent,
        wishes: &[AssociationWish],
        has: &[Association],
        known: &[(&str, SubjectStanding)],
    ) -> Result<Vec<Settled>, Error> {
        let settled = settle(intent, wishes, has)?;
        let live = SubjectStanding { is_live: true, ..Default::default() };
        let mut standing = Standing { of_resource: has.to_vec(), ..Default::default() };
        for one in &settled {
            let told = known.iter().find(|(name, _)| *name == one.subject.to_string());
            standing.subjects.insert(one.subject.clone(), told.map_or(&live, |(_, told)| told).clone());
        }
        super::check(intent, &resource("id"), &settled, &standing, Schemas::Pending)?;
        Ok(settled)
    }

    fn sentence<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
        let sentence = outcome.expect_err("refused").to_string();
        sentence.replace("The association specified an invalid value for property: ", "")
    }

    #[test]
    fn what_is_left_open() {
        let frozen = |frozen| AssociationWish { frozen: Some(frozen), ..wish("s", "", None) };
        let default = ":.n:t-value";
        for (wishes, subject, part, lifecycle) in [
            (wish("s", "", None), "s", Value, Weak),
            (frozen(false), "s", Value, Weak),
            (with_schema(wish("", "", None)), default, Value, Strong),
            (with_schema(wish(default, "", Some(Strong))), default, Value, Strong),
            (wish("", "key", Some(Strong)), ":.n:t-key", Key, Strong),
            (AssociationWish { frozen: Some(true), ..wish("", "key", None) }, ":.n:t-key", Key, Strong),
        ] {
            let settled = settle(Create, &[wishes], &[]).expect("nothing stands against it");
            let one = &settled[0];
            assert_eq!(
                (one.subject.to_string().as_str(), one.part, one.lifecycle),
                (subject, part, lifecycle)
            );
        }
        // An upsert goes on with what there is, however little it says.
        let weak = association("s", "id", Value, Weak);
        let strong = association(default, "id", Value, Strong);
        for existing in [weak, strong] {
            let settled = settle(Upsert, &[wish("", "", None)], std::slice::from_ref(&existing));
            let settled = settled.expect("nothing changes");
            assert_eq!((&settled[0].subject, settled[0].lifecycle), (&existing.subject, existing.lifecycle));
        }
    }

    #[test]
    fn words_that_cannot_be() {
        let frozen = |frozen, lifecycle| AssociationWish { frozen: Some(frozen), ..wish("s", "", lifecycle) };
        for (wishes, wrong) in [
            (vec![], "'associations', detail: cannot be null or empty"),
            (vec![wish("s", "header", None)], "'associationType', detail: must be either 'key' or 'value'"),
            (
                vec![wish("s", "", None), wish("t", "value", None)],
                "'associationType', detail: may only appear once per request, but 'value' appears more than once",
            ),
            (vec![wish("a\u{7}", "", None)], "'subject', detail: must not be empty"),
            (vec![wish("__GLOBAL", "", None)], "The specified subject '__GLOBAL' is not a valid."),
            (
                vec![with_schema(wish("s", "", Some(Weak)))],
                "'lifecycle', detail: cannot be WEAK when schema is provided",
            ),
            (
                vec![with_schema(frozen(false, None))],
                "'frozen', detail: cannot be false when schema is provided",
            ),
            (
                vec![frozen(true, Some(Weak))],
                "'frozen', detail: association with lifecycle of WEAK cannot be frozen",
            ),
            (
                vec![frozen(false, Some(Strong))],
                "'frozen', detail: association with lifecycle of STRONG must be frozen",
            ),
        ] {
            assert_eq!(sentence(read(&wishes)), wrong);
        }
        let empty = AssociationWish { subject: Some(String::new()), ..Default::default() };
        assert_eq!(sentence(read(&[empty])), "'subject', detail: must not be empty");
    }

    #[test]
    fn which_subject_goes_with_which_lifecycle() {
        for (intent, wishes, has, wrong) in [
            (
                Create,
                wish("", "", None),
                vec![],
                "'subject', detail: must be provided for non-frozen associations",
            ),
            (
                Create,
                wish(":.n:t-value", "", None),
                vec![],
                "'subject', detail: non-frozen associations must not use subject ':.n:t-value'",
            ),
            (
                Create,
                with_schema(wish("s", "", None)),
                vec![],
                "'subject', detail: frozen associations must use subject ':.n:t-value'",
            ),
            (
                Upsert,
                wish("other", "", None),
                vec![association("s", "id", Value, Weak)],
                "'subject', detail: subject of association cannot be changed",
            ),
            (
                Upsert,
                wish("", "", Some(Strong)),
                vec![association("s", "id", Value, Weak)],
                "'subject', detail: frozen associations must use subject ':.n:t-value'",
            ),
            (
                Upsert,
                wish("", "", Some(Weak)),
                vec![association(":.n:t-value", "id", Value, Strong)],
                "The association of type  'value' is frozen for subject ':.n:t-value'",
            ),
        ] {
            assert_eq!(sentence(settle(intent, &[wishes], &has)), wrong);
        }
    }

    #[test]
    fn a_resource_has_one_name() {
        let mut other = association("s", "id", Key, Weak);
        other.resource.name = "u".to_owned();
        let wrong = "'resourceName', detail: is not the one that the resource of this id is known by";
        assert_eq!(sentence(settle(Create, &[wish("s", "", None)], &[other.clone()])), wrong);
        other.resource = resource("id");
        other.resource.namespace = "m".to_owned();
        let wrong = wrong.replace("Name", "Namespace");
        assert_eq!(sentence(settle(Upsert, &[wish("s", "", None)], &[other])), wrong);
    }

    #[test]
    fn what_stands_against_it() {
        let live = SubjectStanding { is_live: true, ..Default::default() };
        let with = |associations: Vec<Association>| SubjectStanding { associations, ..live.clone() };
        let importing = SubjectStanding { is_importing: true, ..live.clone() };
        let weak = association("s", "id", Value, Weak);
        let strong_default = with_schema(wish("", "", None));
        let default = ":.n:t-value";
        for (intent, wishes, has, known, wrong) in [
            (
                Create,
                wish(":.c:s", "", None),
                vec![],
                vec![(":.c:s", SubjectStanding { is_read_only: true, ..live.clone() })],
                "Subject s in context .c is in read-only mode",
            ),
            (
                Create,
                strong_default.clone(),
                vec![],
                vec![(default, importing.clone())],
                "'schema', detail: is not allowed while the subject is in IMPORT mode",
            ),
            (
                Upsert,
                strong_default.clone(),
                vec![],
                vec![],
                "'lifecycle', detail: an association that is STRONG must be created, not updated",
            ),
            (
                Create,
                wish("s", "", None),
                vec![],
                vec![("s", SubjectStanding::default())],
                "No active (non-deleted) version exists for subject 's'",
            ),
            (
                Create,
                wish("other", "", None),
                vec![weak.clone()],
                vec![],
                "An association of type 'value' already exists for resource 'id'",
            ),
            (
                Create,
                strong_default.clone(),
                vec![weak.clone()],
                vec![],
                "An association of type 'value' already exists for resource 'id'",
            ),
            (
                Create,
                strong_default.clone(),
                vec![association("s", "id", Key, Weak)],
                vec![],
                "'lifecycle', detail: all associations for a resource must have the same lifecycle, \
                 but got key=WEAK, value=STRONG",
            ),
            (
                Create,
                strong_default.clone(),
                vec![],
                vec![(default, with(vec![association(default, "other", Value, Weak)]))],
                "An association already exists for subject ':.n:t-value'",
            ),
            (
                Create,
                wish("s", "", None),
                vec![],
                vec![("s", with(vec![association("s", "other", Value, Strong)]))],
                "A strong association already exists for subject 's'",
            ),
            (
                Create,
                strong_default.clone(),
                vec![],
                vec![(default, SubjectStanding { referenced: Some(Version::FIRST), ..live.clone() })],
                "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=:.n:t-value,version=1}.",
            ),
        ] {
            assert_eq!(sentence(decide(intent, &[wishes], &has, &known)), wrong);
        }
    }

    #[test]
    fn what_is_accepted() {
        let live = SubjectStanding { is_live: true, ..Default::default() };
        let default = ":.n:t-value";
        let weak = association("s", "id", Value, Weak);
        let strong = association(default, "id", Value, Strong);
        let only = |association: &Association| SubjectStanding {
            associations: vec![association.clone()],
            referenced: Some(Version::FIRST),
            ..live.clone()
        };
        for (intent, wishes, has, known) in [
            (Create, wish("s", "", None), vec![], vec![]),
            // The same again, which the subject's own association does not stand against.
            (Create, wish("s", "", Some(Weak)), vec![weak.clone()], vec![("s", only(&weak))]),
            (Create, with_schema(wish("", "", None)), vec![strong.clone()], vec![(default, only(&strong))]),
            (Upsert, with_schema(wish("", "", None)), vec![strong.clone()], vec![(default, only(&strong))]),
            (Upsert, wish("", "", None), vec![weak.clone()], vec![("s", only(&weak))]),
            // Weak ones share a subject.
            (Create, wish("s", "", None), vec![], vec![("s", only(&association("s", "other", Key, Weak)))]),
            // A schema brings the version that is needed.
            (Create, with_schema(wish("", "", None)), vec![], vec![(default, SubjectStanding::default())]),
            // While importing, what is strong elsewhere may be made so here.
            (
                Upsert,
                wish("", "", Some(Strong)),
                vec![],
                vec![(default, SubjectStanding { is_importing: true, ..live.clone() })],
            ),
        ] {
            decide(intent, &[wishes], &has, &known).expect("nothing stands against it");
        }
        // Once registered, the version must still be there when the association is written.
        let settled = settle(Create, &[with_schema(wish("", "", None))], &[]).expect("settled");
        let mut standing = Standing::default();
        standing.subjects.insert(settled[0].subject.clone(), SubjectStanding::default());
        let gone = super::check(Create, &resource("id"), &settled, &standing, Schemas::Registered);
        assert!(matches!(gone, Err(Error::NoLiveVersion(_))));
    }
}
