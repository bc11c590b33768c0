//! Learning of the commits of other nodes.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};

use super::pools::Pools;
use super::{Store, StoreError};

/// What a lost notification costs at most, and a commit of another process on a SQLite file.
const POLL: Duration = Duration::from_secs(1);

impl Store {
    /// Raise [`Store::seen`] whenever another node commits, until `shutdown` is done. The newest change
    /// is asked for once a second; on Postgres a commit is announced at once besides. Nobody else can
    /// write what is in memory.
    pub async fn follow(&self, shutdown: impl Future<Output = ()>) {
        let server = match &self.pools {
            Pools::Memory(_) => return shutdown.await,
            Pools::File { .. } => None,
            Pools::Postgres { readers, .. } => Some(readers),
        };
        tokio::select! {
            () = shutdown => {}
            () = self.follow_others(server) => {}
        }
    }

    async fn follow_others(&self, server: Option<&PgPool>) {
        let mut listener = None;
        let mut failing = false;
        loop {
            let asked = self.ask(server, &mut listener).await;
            match &asked {
                Err(error) if !failing => tracing::warn!(%error, "cannot follow the changes of others"),
                Ok(()) if failing => tracing::info!("following the changes of others again"),
                _ => {}
            }
            failing = asked.is_err();
            wait(&mut listener).await;
        }
    }

    /// Ask, whether or not notifications can be had: where they cannot, asking once a second is what
    /// keeps this node up to date. After listening has begun ask again, for a commit in between.
    async fn ask(
        &self,
        server: Option<&PgPool>,
        listener: &mut Option<PgListener>,
    ) -> Result<(), StoreError> {
        self.refresh_seen().await?;
        if let (Some(server), None) = (server, &listener) {
            *listener = Some(listen(server).await?);
            self.refresh_seen().await?;
        }
        Ok(())
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
