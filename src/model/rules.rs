//! Rule sets: data-contract rules that travel with a schema.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::iter::repeat_n;

use serde::{Deserialize, Serialize};

use super::letters::{is_letter, is_plain};

/// Parameters of rules that encrypt: the service's name of a key, and that of the service.
const KMS_KEY_ID: &str = "encrypt.kms.key.id";
const KMS_TYPE: &str = "encrypt.kms.type";
/// What the key is called here.
const KEK_NAME: &str = "encrypt.kek.name";

/// What a rule does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RuleKind {
    /// Changes it.
    #[default]
    Transform,
    /// Accepts or refuses it.
    Condition,
}

/// When a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum RuleMode {
    Upgrade,
    Downgrade,
    UpDown,
    Write,
    Read,
    #[default]
    WriteRead,
}

impl RuleMode {
    fn is_migration(self) -> bool {
        matches!(self, RuleMode::Upgrade | RuleMode::Downgrade | RuleMode::UpDown)
    }

    fn as_str(self) -> &'static str {
        match self {
            RuleMode::Upgrade => "UPGRADE",
            RuleMode::Downgrade => "DOWNGRADE",
            RuleMode::UpDown => "UPDOWN",
            RuleMode::Write => "WRITE",
            RuleMode::Read => "READ",
            RuleMode::WriteRead => "WRITEREAD",
        }
    }
}

/// One rule. Members are those of the wire, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub struct Rule {
    #[serde(skip_serializing_if = "absent_or_empty")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "absent_or_empty")]
    pub doc: Option<String>,
    pub kind: RuleKind,
    pub mode: RuleMode,
    #[serde(rename = "type", skip_serializing_if = "absent_or_empty")]
    pub rule_type: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "absent_or_empty")]
    pub expr: Option<String>,
    #[serde(skip_serializing_if = "absent_or_empty")]
    pub on_success: Option<String>,
    #[serde(skip_serializing_if = "absent_or_empty")]
    pub on_failure: Option<String>,
    pub disabled: bool,
}

fn absent_or_empty(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

/// Rules by purpose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleSet {
    /// Rules that carry a message from one version to another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub migration_rules: Vec<Rule>,
    /// Rules on the content of a message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domain_rules: Vec<Rule>,
    /// Rules on the encoded bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub encoding_rules: Vec<Rule>,
    /// Who applies them: `ALL`, `CLIENT`, `GATEWAY`, `SERVER` or `NONE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_at: Option<String>,
}

/// Why a rule set is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRuleSet(pub String);

impl RuleSet {
    /// Check names, types, actions and modes; the first failure wins, in the order migration,
    /// domain, encoding.
    ///
    /// # Errors
    /// The sentence that tells what is wrong.
    pub fn validate(&self) -> Result<(), InvalidRuleSet> {
        let mut names = HashSet::new();
        let lists = [
            (&self.migration_rules, true, "Migration"),
            (&self.domain_rules, false, "Domain"),
            (&self.encoding_rules, false, "Encoding"),
        ];
        for (rules, migration, list) in lists {
            for rule in rules {
                if let Some(name) = &rule.name
                    && !names.insert(name)
                {
                    return Err(InvalidRuleSet(format!("Found rule with duplicate name '{name}'")));
                }
                rule.validate()?;
                if rule.mode.is_migration() != migration {
                    let modes =
                        if migration { "UPGRADE, DOWNGRADE, UPDOWN" } else { "WRITE, READ, WRITEREAD" };
                    return Err(InvalidRuleSet(format!("{list} rules can only be {modes}")));
                }
            }
        }
        Ok(())
    }

    /// Say of each domain rule that names a key of a key-management service what the key is called
    /// here and which service it is, where that can be told and the rule does not.
    pub fn name_keys(&mut self) {
        for rule in &mut self.domain_rules {
            let Some(key_id) = rule.params.get(KMS_KEY_ID).cloned() else { continue };
            let of_aws = key_id.strip_prefix("arn:");
            rule.params.entry(KEK_NAME.to_owned()).or_insert_with(|| {
                let id = of_aws.unwrap_or(&key_id);
                // A dash for each UTF-16 code unit.
                id.chars().fold(String::with_capacity(id.len()), |mut name, c| {
                    match is_plain(c) {
                        true => name.push(c),
                        false => name.extend(repeat_n('-', c.len_utf16())),
                    }
                    name
                })
            });
            if of_aws.is_some() {
                rule.params.entry(KMS_TYPE.to_owned()).or_insert_with(|| "aws-kms".to_owned());
            }
        }
    }

    /// This rule set with another laid over it, list by list: rules that have the name of one of the
    /// other's make room, and the other's follow. Who applies them is up to the other, if it says so.
    #[must_use]
    pub fn merged(self, over: &RuleSet) -> RuleSet {
        RuleSet {
            migration_rules: merged(self.migration_rules, &over.migration_rules),
            domain_rules: merged(self.domain_rules, &over.domain_rules),
            encoding_rules: merged(self.encoding_rules, &over.encoding_rules),
            enable_at: over.enable_at.clone().or(self.enable_at),
        }
    }

    /// This rule set without the rules of these names, whichever list they are in.
    #[must_use]
    pub fn without(mut self, names: &BTreeSet<String>) -> RuleSet {
        for rules in [&mut self.migration_rules, &mut self.domain_rules, &mut self.encoding_rules] {
            rules.retain(|rule| rule.name.as_ref().is_none_or(|name| !names.contains(name)));
        }
        self
    }

    /// Hand every byte that takes part in the identity of a content to `visit`, in order.
    pub(super) fn visit_identity(&self, mut visit: impl FnMut(&[u8])) {
        for rule in self.migration_rules.iter().chain(&self.domain_rules).chain(&self.encoding_rules) {
            let kind = match rule.kind {
                RuleKind::Transform => "TRANSFORM",
                RuleKind::Condition => "CONDITION",
            };
            for text in [rule.name.as_deref(), rule.doc.as_deref(), Some(kind), Some(rule.mode.as_str())] {
                text.into_iter().for_each(|text| visit(text.as_bytes()));
            }
            rule.rule_type.iter().for_each(|text| visit(text.as_bytes()));
            let mut tags: Vec<&String> = rule.tags.iter().collect();
            tags.sort_by(|left, right| super::utf16_order(left, right));
            tags.into_iter().for_each(|tag| visit(tag.as_bytes()));
            for (key, value) in super::content::in_utf16_order(&rule.params) {
                visit(key.as_bytes());
                visit(value.as_bytes());
            }
            for text in [&rule.expr, &rule.on_success, &rule.on_failure].into_iter().flatten() {
                visit(text.as_bytes());
            }
            if rule.disabled {
                visit(&[1]);
            }
        }
        self.enable_at.iter().for_each(|text| visit(text.as_bytes()));
    }
}

fn merged(mut under: Vec<Rule>, over: &[Rule]) -> Vec<Rule> {
    let replaced: HashSet<&Option<String>> = over.iter().map(|rule| &rule.name).collect();
    under.retain(|rule| !replaced.contains(&rule.name));
    under.extend_from_slice(over);
    under
}

impl Rule {
    fn validate(&self) -> Result<(), InvalidRuleSet> {
        let refuse = |sentence: String| Err(InvalidRuleSet(sentence));
        let Some(name) = &self.name else { return refuse("Missing rule name".into()) };
        let Some(first) = name.chars().next() else { return refuse("Empty rule name".into()) };
        if name.encode_utf16().count() > 256 {
            return refuse("Rule name too long".into());
        }
        if !(is_letter(first) || first == '_') {
            return refuse(format!("Illegal initial character in rule name: {name}"));
        }
        if !name.chars().all(is_plain) {
            return refuse(format!("Illegal character in rule name: {name}"));
        }
        if self.rule_type.is_none() {
            return refuse("Missing rule type".into());
        }
        let several =
            [&self.on_success, &self.on_failure].into_iter().flatten().any(|action| action.contains(','));
        if several && !matches!(self.mode, RuleMode::WriteRead | RuleMode::UpDown) {
            return refuse("Multiple actions only valid with WRITEREAD and UPDOWN".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Rule, RuleSet};

    fn rules(names: &str, doc: &str) -> Vec<Rule> {
        let rule =
            |name: &str| Rule { name: Some(name.to_owned()), doc: Some(doc.into()), ..Rule::default() };
        names.split_whitespace().map(rule).collect()
    }

    fn set(migration: &str, domain: &str, encoding: &str, doc: &str) -> RuleSet {
        RuleSet {
            migration_rules: rules(migration, doc),
            domain_rules: rules(domain, doc),
            encoding_rules: rules(encoding, doc),
            enable_at: None,
        }
    }

    /// Names with the set they are from, list by list.
    fn shown(set: &RuleSet) -> String {
        let list = |rules: &[Rule]| {
            let shown = |rule: &Rule| {
                let [name, doc] = [&rule.name, &rule.doc].map(|text| text.as_deref().unwrap_or("-"));
                format!("{name}:{doc}")
            };
            rules.iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        [&set.migration_rules, &set.domain_rules, &set.encoding_rules].map(|rules| list(rules)).join(" | ")
    }

    #[test]
    fn rules_of_the_same_name_and_list_make_room() {
        let cases = [
            (["a b c", "", ""], ["b", "", ""], "a:under c:under b:over |  | "),
            (["a", "b", "c"], ["c", "a b", ""], "a:under c:over | a:over b:over | c:under"),
            (["a", "b", "c"], ["", "", ""], "a:under | b:under | c:under"),
            (["", "", ""], ["b a", "", "c"], "b:over a:over |  | c:over"),
        ];
        for ([m, d, e], [over_m, over_d, over_e], expected) in cases {
            let merged = set(m, d, e, "under").merged(&set(over_m, over_d, over_e, "over"));
            assert_eq!(shown(&merged), expected);
        }
    }

    #[test]
    fn who_applies_them_is_kept_unless_said_again() {
        let at = |place: Option<&str>| RuleSet { enable_at: place.map(Into::into), ..RuleSet::default() };
        assert_eq!(at(Some("ALL")).merged(&at(None)), at(Some("ALL")));
        assert_eq!(at(Some("ALL")).merged(&at(Some("NONE"))), at(Some("NONE")));
        assert_eq!(at(None).merged(&at(Some("NONE"))), at(Some("NONE")));
    }

    #[test]
    fn rules_are_taken_out_of_every_list() {
        let names = BTreeSet::from(["a".to_owned(), "z".to_owned()]);
        let mut left = set("a b", "c a", "a", "-");
        left.domain_rules.push(Rule::default());
        assert_eq!(shown(&left.without(&names)), "b:- | c:- -:- | ");
    }

    #[test]
    fn keys_of_rules_are_named() {
        let named = |given: &[(&str, &str)]| {
            let pairs = given.iter().map(|(key, value)| (format!("encrypt.{key}"), (*value).to_owned()));
            let rule = Rule { params: pairs.collect(), ..Rule::default() };
            let mut set = RuleSet { domain_rules: vec![rule.clone()], ..RuleSet::default() };
            set.encoding_rules = vec![rule.clone()];
            set.name_keys();
            assert_eq!(set.encoding_rules, [rule], "only domain rules are");
            let params = set.domain_rules.remove(0).params;
            let shown = params.iter().map(|(key, value)| format!("{}={value}", &key["encrypt.".len()..]));
            shown.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(named(&[("kek.name", "k")]), "kek.name=k");
        assert_eq!(
            named(&[("kms.key.id", "arn:aws:kms:eu:1:key/a_b-c.d")]),
            "kek.name=aws-kms-eu-1-key-a_b-c-d kms.key.id=arn:aws:kms:eu:1:key/a_b-c.d kms.type=aws-kms"
        );
        assert_eq!(named(&[("kms.key.id", "a½Ⅷ𝔸é")]), "kek.name=a----é kms.key.id=a½Ⅷ𝔸é");
        assert_eq!(named(&[("kms.key.id", "https://v/ä")]), "kek.name=https---v-ä kms.key.id=https://v/ä");
        assert_eq!(
            named(&[("kms.key.id", "arn:x"), ("kek.name", "k")]),
            "kek.name=k kms.key.id=arn:x kms.type=aws-kms"
        );
        assert_eq!(
            named(&[("kms.key.id", "arn:x"), ("kms.type", "t")]),
            "kek.name=x kms.key.id=arn:x kms.type=t"
        );
    }
}
