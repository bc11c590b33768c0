//! Contexts come with their first schema and go when they are deleted.

use crate::model::Context;

use super::{Caller, Error, Registry};

impl Registry {
    /// Every context that was ever registered into; the default one first, the others sorted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn contexts(&self) -> Result<Vec<Context>, Error> {
        Ok(self.store.read().await?.contexts().await?)
    }

    /// Take an empty context off the list. Its settings and mode stay, and so does its counter: an id that
    /// was given out once is never given out again. A context that never was is as good as deleted.
    ///
    /// # Errors
    /// When there is a subject in it, even one that is soft-deleted.
    pub async fn delete_context(&self, context: &Context, caller: &Caller) -> Result<(), Error> {
        let mut tx = self.store.write(caller).await?;
        if !tx.hide_context(context).await? {
            return Err(Error::ContextNotEmpty(context.clone()));
        }
        tx.commit().await?;
        Ok(())
    }
}
