//! What the store promises, on both databases alike.

mod associations;
pub mod behind;
mod judges;
mod keys;
mod opening;
mod queries;
mod racing;
mod rows;
mod traps;
mod waiting;

use dovetail::model::{Content, Context, Format, SchemaId, Subject, Version};
use dovetail::store::{Author, Store, StoreError};

pub fn author() -> Author {
    Author { actor: "ann".into(), request_id: "request-1".into(), now: 1_787_443_200_000 }
}

pub fn subject(text: &str) -> Subject {
    Subject::parse(text)
}

pub fn context(name: &str) -> Context {
    Context::new(name).expect("starts with a dot")
}

pub fn version(number: i32) -> Version {
    Version::new(number).expect("at least 1")
}

pub fn avro(text: &str) -> Content {
    Content { format: Format::Avro, text: text.into(), references: vec![], metadata: None, rule_set: None }
}

/// What a registration does, without any of the registry's rules.
pub async fn register(store: &Store, to: &str, content: &Content) -> Result<(SchemaId, Version), StoreError> {
    let to = subject(to);
    let mut tx = store.write(&author()).await?;
    tx.lock_subjects(&[&to]).await?;
    let history = tx.history(&to).await?;
    let next = history.last().map_or(Version::FIRST, |last| last.version.next().expect("few versions"));
    let id = tx.intern(to.context(), content).await?;
    tx.append(&to, next, id).await?;
    tx.commit().await?;
    Ok((id, next))
}

/// The same, and only the numbers.
pub async fn register_text(store: &Store, to: &str, text: &str) -> (i32, i32) {
    let (id, version) = register(store, to, &avro(text)).await.expect("nothing stands against it");
    (id.0, version.number())
}
