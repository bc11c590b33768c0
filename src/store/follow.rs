//! Learning of the commits of other nodes.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};

use super::{Pools, Store, StoreError};

/// A lost notification costs at most this much.
const POLL: Duration = Duration::from_secs(1);

impl Store {
    /// Raise [`Store::seen`] whenever another node commits, until `shutdown` is done. On Postgres a
    /// commit is announced at once and asked for once a second besides; a SQLite file serves one
    /// process, whose own commits need no announcement.
    pub async fn follow(&self, shutdown: impl Future<Output = ()>) {
        match &self.pools {
            Pools::Sqlite { .. } => shutdown.await,
            Pools::Postgres(pool) => {
                tokio::select! {
                    () = shutdown => {}
                    () = self.follow_postgres(pool) => {}
                }
            }
        }
    }

    async fn follow_postgres(&self, pool: &PgPool) {
        let mut listener = None;
        let mut failing = false;
        loop {
            let asked = self.ask(pool, &mut listener).await;
            match &asked {
                Err(error) if !failing => tracing::warn!(%error, "cannot follow the changes of other nodes"),
                Ok(()) if failing => tracing::info!("following the changes of other nodes again"),
                _ => {}
            }
            failing = asked.is_err();
            wait(&mut listener).await;
        }
    }

    /// Listen first and ask then: a commit between the two would otherwise be missed.
    async fn ask(&self, pool: &PgPool, listener: &mut Option<PgListener>) -> Result<(), StoreError> {
        if listener.is_none() {
            *listener = Some(listen(pool).await?);
        }
        self.refresh_seen().await.map(drop)
    }
}

async fn listen(pool: &PgPool) -> Result<PgListener, StoreError> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen("dovetail_changes").await?;
    Ok(listener)
}

/// Until the next notification or poll. What was announced is not trusted but asked for: other
/// registries may share the server's channel from another schema.
async fn wait(listener: &mut Option<PgListener>) {
    let Some(listening) = listener else { return tokio::time::sleep(POLL).await };
    match tokio::time::timeout(POLL, listening.try_recv()).await {
        Ok(Ok(Some(_))) | Err(_) => {}
        Ok(Ok(None) | Err(_)) => {
            *listener = None;
            tokio::time::sleep(POLL).await;
        }
    }
}
