//! What stands at the top of a file, and its services.

use super::{At, Party, Walk, pair};
use crate::diff::kinds;
use crate::diff::list::shown;
use crate::schema::protobuf::model::{File, ImportKind, Rpc, RpcType, Service, Syntax};

impl<'a> Walk<'a, '_> {
    pub(super) fn files(&mut self, old: &'a File, new: &'a File) {
        let whole = (self.spot(Party::Old, "", None), self.spot(Party::New, "", None));
        let word = |file: &File| match file.syntax {
            Some(Syntax::Proto3) => "proto3",
            None | Some(Syntax::Proto2) => "proto2",
        };
        if word(old) != word(new) {
            let sentence = format!("the syntax was {} and is {}", word(old), word(new));
            let at =
                (self.spot(Party::Old, "", old.syntax_place), self.spot(Party::New, "", new.syntax_place));
            self.add(&kinds::SYNTAX_CHANGED, sentence, at.0, at.1);
        }
        if old.package != new.package {
            let word = |file: &File| file.package.as_deref().map_or_else(|| "none".to_owned(), shown);
            let sentence = format!("the package was {} and is {}", word(old), word(new));
            let at =
                (self.spot(Party::Old, "", old.package_place), self.spot(Party::New, "", new.package_place));
            self.add(&kinds::PACKAGE_CHANGED, sentence, at.0, at.1);
        }
        self.imports(old, new);
        self.options((&old.options, &new.options), &whole, "the file");
        let [before, after] = &self.halves;
        let (from, to) = (At { scope: before.scope, path: "" }, At { scope: after.scope, path: "" });
        self.types((&old.types, from), (&new.types, to));
        self.extends((&old.extends, from), (&new.extends, to));
        self.services((&old.services, from), (&new.services, to));
    }

    fn imports(&mut self, old: &'a File, new: &'a File) {
        let all = |file: &'a File| file.imports.iter().collect::<Vec<_>>();
        let (pairs, gone, come) = pair(&all(old), &all(new), |import| import.path.as_str());
        for import in gone {
            let at = self.spot(Party::Old, "", Some(import.place));
            self.add(
                &kinds::IMPORT_REMOVED,
                format!("{} is no longer imported", shown(&import.path)),
                at,
                None,
            );
        }
        for import in come {
            let at = self.spot(Party::New, "", Some(import.place));
            self.add(&kinds::IMPORT_ADDED, format!("{} is imported", shown(&import.path)), None, at);
        }
        let word = |kind: ImportKind| match kind {
            ImportKind::Plain => "plainly",
            ImportKind::Public => "publicly",
            ImportKind::Weak => "weakly",
        };
        for (from, to) in pairs.into_iter().filter(|(from, to)| from.kind != to.kind) {
            let sentence =
                format!("{} was imported {} and is {}", shown(&to.path), word(from.kind), word(to.kind));
            let at = (self.spot(Party::Old, "", Some(from.place)), self.spot(Party::New, "", Some(to.place)));
            self.add(&kinds::IMPORT_CHANGED, sentence, at.0, at.1);
        }
    }

    fn services(&mut self, old: (&'a [Service], At<'_>), new: (&'a [Service], At<'_>)) {
        let all = |services: &'a [Service]| services.iter().collect::<Vec<_>>();
        let (pairs, gone, come) = pair(&all(old.0), &all(new.0), |service| service.name.as_str());
        for service in gone {
            let at = self.spot(Party::Old, format!("/{}", service.name), Some(service.place));
            self.add(
                &kinds::SERVICE_REMOVED,
                format!("the service {} is gone", shown(&service.name)),
                at,
                None,
            );
        }
        for service in come {
            let at = self.spot(Party::New, format!("/{}", service.name), Some(service.place));
            self.add(&kinds::SERVICE_ADDED, format!("the service {} is new", shown(&service.name)), None, at);
        }
        for (from, to) in pairs {
            self.service((from, old.1), (to, new.1));
        }
    }

    fn service(&mut self, (from, old): (&'a Service, At<'_>), (to, new): (&'a Service, At<'_>)) {
        let at = (
            self.spot(Party::Old, format!("/{}", from.name), Some(from.place)),
            self.spot(Party::New, format!("/{}", to.name), Some(to.place)),
        );
        let what = format!("the service {}", shown(&to.name));
        self.comments((from.place, to.place), &at, &what);
        self.options((&from.options, &to.options), &at, &what);
        let all = |service: &'a Service| service.rpcs.iter().collect::<Vec<_>>();
        let (pairs, gone, come) = pair(&all(from), &all(to), |rpc| rpc.name.as_str());
        let spot = |walk: &Self, side, service: &Service, rpc: &Rpc| {
            walk.spot(side, format!("/{}/{}", service.name, rpc.name), Some(rpc.place))
        };
        for rpc in gone {
            let at = spot(self, Party::Old, from, rpc);
            self.add(
                &kinds::METHOD_REMOVED,
                format!("the method {} of {what} is gone", shown(&rpc.name)),
                at,
                None,
            );
        }
        for rpc in come {
            let at = spot(self, Party::New, to, rpc);
            self.add(
                &kinds::METHOD_ADDED,
                format!("{what} has the new method {}", shown(&rpc.name)),
                None,
                at,
            );
        }
        for (was, is) in pairs {
            let at = (spot(self, Party::Old, from, was), spot(self, Party::New, to, is));
            let of = format!("the method {} of {what}", shown(&is.name));
            for (verb, before, after) in
                [("takes", &was.request, &is.request), ("answers", &was.response, &is.response)]
            {
                let texts = (self.rpc_type(Party::Old, old, before), self.rpc_type(Party::New, new, after));
                if texts.0 != texts.1 {
                    let sentence =
                        format!("{of} {verb} {} where it was {}", shown(&texts.1), shown(&texts.0));
                    self.add(&kinds::METHOD_CHANGED, sentence, at.0.clone(), at.1.clone());
                }
            }
            self.comments((was.place, is.place), &at, &of);
            self.options((&was.options, &is.options), &at, &of);
        }
    }

    fn rpc_type(&self, side: Party, at: At<'_>, of: &RpcType) -> String {
        let stream = if of.is_stream { "stream " } else { "" };
        format!("{stream}{}", self.type_name(side, at.scope, &of.name))
    }
}
