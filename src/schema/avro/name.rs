//! What is a name, and what a name means where it stands.

use super::model::Name;

/// Which characters a name may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// The specification's: ASCII letters, digits and `_`, also in every part of a namespace.
    Strict,
    /// What registries accepted for years: letters and digits of any script; any namespace.
    Lax,
}

impl Syntax {
    /// Check a name without dots.
    ///
    /// # Errors
    /// What is wrong with it, in Avro Java's words.
    pub(super) fn check(self, name: &str) -> Result<(), String> {
        let letter = |c: char| match self {
            Syntax::Strict => c.is_ascii_alphabetic() || c == '_',
            // Characters beyond the basic plane are two surrogates to Avro Java, thus no letters.
            Syntax::Lax => (c.is_alphabetic() && c <= '\u{FFFF}') || c == '_',
        };
        let digit = |c: char| match self {
            Syntax::Strict => c.is_ascii_digit(),
            Syntax::Lax => c.is_numeric() && c <= '\u{FFFF}',
        };
        let mut characters = name.chars();
        match characters.next() {
            None => Err("Empty name".to_owned()),
            Some(first) if !letter(first) => Err(format!("Illegal initial character: {name}")),
            Some(_) if !characters.all(|c| letter(c) || digit(c)) => {
                Err(format!("Illegal character in: {name}"))
            }
            Some(_) => Ok(()),
        }
    }

    /// Check the parts of a namespace.
    ///
    /// # Errors
    /// What is wrong with it, in Avro Java's words.
    pub(super) fn check_namespace(self, namespace: &str) -> Result<(), String> {
        if self == Syntax::Lax {
            return Ok(());
        }
        namespace.split('.').try_for_each(|part| {
            self.check(part).map_err(|why| format!("Namespace part \"{part}\" is invalid: {why}"))
        })
    }
}

impl Name {
    /// The name that `written` means in `namespace`: a dot in it overrides the namespace.
    pub(super) fn resolve(written: &str, namespace: Option<&str>) -> Name {
        let (namespace, simple) = match written.rsplit_once('.') {
            Some((own, simple)) => (Some(own), simple),
            None => (namespace, written),
        };
        match namespace.filter(|namespace| !namespace.is_empty()) {
            Some(namespace) => {
                Name { full: format!("{namespace}.{simple}"), simple_start: namespace.len() + 1 }
            }
            None => Name { full: simple.to_owned(), simple_start: 0 },
        }
    }

    /// How to write it in `namespace`: without its own namespace where that is the same, unless the
    /// simple name alone would mean a built-in type.
    pub(super) fn relative_to(&self, namespace: Option<&str>) -> &str {
        let is_builtin = || {
            const COMPLEX: [&str; 6] = ["record", "enum", "array", "map", "union", "fixed"];
            super::model::Primitive::of(self.simple()).is_some() || COMPLEX.contains(&self.simple())
        };
        if self.namespace().is_some() && self.namespace() == namespace && !is_builtin() {
            self.simple()
        } else {
            self.full()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Syntax};

    #[test]
    fn syntax() {
        for (name, strict, lax) in [
            ("A_9", Ok(()), Ok(())),
            ("_", Ok(()), Ok(())),
            ("größe", Err("Illegal character in: größe"), Ok(())),
            ("日本", Err("Illegal initial character: 日本"), Ok(())),
            ("𝒜", Err("Illegal initial character: 𝒜"), Err("Illegal initial character: 𝒜")),
            ("", Err("Empty name"), Err("Empty name")),
            ("9a", Err("Illegal initial character: 9a"), Err("Illegal initial character: 9a")),
            ("a-b", Err("Illegal character in: a-b"), Err("Illegal character in: a-b")),
        ] {
            assert_eq!(Syntax::Strict.check(name), strict.map_err(str::to_owned), "{name}");
            assert_eq!(Syntax::Lax.check(name), lax.map_err(str::to_owned), "{name}");
        }
        assert!(Syntax::Lax.check_namespace("a-b..c").is_ok());
        assert_eq!(
            Syntax::Strict.check_namespace("x.a-b"),
            Err("Namespace part \"a-b\" is invalid: Illegal character in: a-b".to_owned())
        );
    }

    #[test]
    fn resolution() {
        for (written, namespace, full, simple) in [
            ("A", None, "A", "A"),
            ("A", Some("n"), "n.A", "A"),
            ("A", Some(""), "A", "A"),
            ("m.A", Some("n"), "m.A", "A"),
            (".A", Some("n"), "A", "A"),
            ("a.b.C", None, "a.b.C", "C"),
        ] {
            let name = Name::resolve(written, namespace);
            assert_eq!((name.full(), name.simple()), (full, simple), "{written} in {namespace:?}");
        }
    }

    #[test]
    fn shortest_spelling() {
        for (full, namespace, spelled) in [
            ("n.A", Some("n"), "A"),
            ("n.A", Some("m"), "n.A"),
            ("n.A", None, "n.A"),
            ("A", Some("n"), "A"),
            ("n.int", Some("n"), "n.int"),
            ("n.record", Some("n"), "n.record"),
        ] {
            assert_eq!(Name::resolve(full, None).relative_to(namespace), spelled, "{full} in {namespace:?}");
        }
    }
}
