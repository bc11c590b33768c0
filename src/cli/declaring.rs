//! What the commands have in common that hold a manifest against a registry: which files, which
//! registry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::print::Printer;
use super::progress::Progress;
use crate::clock;
use crate::failure::Failure;
use crate::gate::live::Live;
use crate::gate::manifest::Manifest;
use crate::gate::plan::{Planned, Planning, Wanted, wanted};
use crate::gate::waiving::is_waived;
use crate::gate::{Asked, Choice, Workspace};

/// Which registry.
#[derive(Args)]
pub(super) struct Place {
    /// The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST.
    #[arg(long, value_name = "URL", env = "DOVETAIL_REGISTRY_URL", hide_env_values = true)]
    pub(super) registry_url: Option<String>,
    /// The context, instead of the manifest's or the default one.
    #[arg(long, env = "DOVETAIL_CONTEXT")]
    pub(super) context: Option<String>,
}

/// Where a plan or a lock says that it belongs.
#[derive(Clone, Copy)]
pub(super) struct Saved<'a> {
    /// The registry, without credentials.
    pub(super) registry: &'a str,
    pub(super) context: &'a str,
}

/// Which files, and which registry.
#[derive(Args)]
pub(super) struct Declaring {
    /// Declared files, or folders of them; the whole manifest unless said otherwise.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The manifest, instead of the nearest schemas.yaml in this folder or above it.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_MANIFEST")]
    pub(super) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: Place,
}

/// A manifest's subjects beside the registry that they belong to.
pub(super) struct Declared {
    pub(super) workspace: Workspace,
    pub(super) live: Live,
    pub(super) wanted: Vec<Wanted>,
    /// Nothing that is declared is left out of `wanted`.
    pub(super) is_whole: bool,
}

impl Place {
    /// The registry that is meant, where `manifest` names one.
    pub(super) fn live(&self, manifest: Option<&Manifest>) -> Result<Live, Failure> {
        let named = || match manifest {
            Some(manifest) => manifest.registry.url(|name| std::env::var(name).ok()),
            None => Ok(None),
        };
        let url = match &self.registry_url {
            Some(url) => Some(url.clone()),
            None => named().map_err(|sentence| Failure::bad_request(anyhow!(sentence)))?,
        };
        let url = url.ok_or_else(|| {
            Failure::bad_request(anyhow!("which registry?")).with_hint(
                "Say `registry: { url: ... }` in the manifest, or --registry-url or DOVETAIL_REGISTRY_URL.",
            )
        })?;
        let context = self.context.as_deref();
        let context = context.or_else(|| manifest.and_then(|manifest| manifest.registry.context.as_deref()));
        Live::new(&url, context)
    }

    /// The registry of something saved. What was saved holds no credentials: where the manifest's URL is the
    /// same registry's, that one is taken, with them.
    pub(super) fn live_of_saved(&self, saved: Saved<'_>, manifest: Option<&Path>) -> Result<Live, Failure> {
        let context = self.context.as_deref().unwrap_or(saved.context);
        let declared = || {
            let manifest = Manifest::at_or_above(manifest)?;
            let url = manifest.registry.url(|name| std::env::var(name).ok()).ok()??;
            Live::new(&url, Some(context)).ok().filter(|live| live.shown() == saved.registry)
        };
        match &self.registry_url {
            Some(url) => Live::new(url, Some(context)),
            None => declared().map_or_else(|| Live::new(saved.registry, Some(context)), Ok),
        }
    }
}

impl Declaring {
    /// Read the files, and find the registry.
    pub(super) fn open(&self) -> Result<Declared, Failure> {
        let paths = if self.paths.is_empty() { vec![self.folder()] } else { self.paths.clone() };
        let manifest = self.manifest.clone().map_or(Choice::Nearest, Choice::At);
        let workspace = Workspace::open(&Asked { paths, manifest, ..Asked::default() })?;
        let Some(manifest) = workspace.manifests.first() else {
            return Err(Failure::bad_request(anyhow!("there is no schemas.yaml here or above"))
                .with_hint("`dovetail init` writes one, `dovetail dump` one for what a registry holds."));
        };
        let live = self.place.live(Some(manifest))?;
        self.check_one_place(&workspace, &live)?;
        let wanted = wanted(&workspace, &live)?;
        let is_whole = wanted.len() == workspace.declared.len();
        Ok(Declared { workspace, live, wanted, is_whole })
    }

    /// A run is about one registry and one context of it.
    fn check_one_place(&self, workspace: &Workspace, live: &Live) -> Result<(), Failure> {
        for manifest in workspace.manifests.iter().skip(1) {
            let url = self.place.registry_url.clone().or_else(|| {
                // Without a URL of its own, it is about the outer manifest's registry.
                (!manifest.registry.names_url()).then(|| live.shown().to_owned())
            });
            let context = self.place.context.clone();
            let other = Place { registry_url: url, context }.live(Some(manifest))?;
            if (other.shown(), other.context()) != (live.shown(), live.context()) {
                let (outer, inner) = (&workspace.manifests[0].path, &manifest.path);
                return Err(Failure::bad_request(anyhow!(
                    "{outer} is about {} in the context {}, and {inner} about {} in the context {}",
                    live.shown(),
                    live.context(),
                    other.shown(),
                    other.context()
                ))
                .with_hint("Run it for one after the other: --manifest FILE names one."));
            }
        }
        Ok(())
    }

    /// Where the manifest is, if it was named.
    fn folder(&self) -> PathBuf {
        let folder = self.manifest.as_deref().and_then(std::path::Path::parent);
        folder.filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| ".".into(), PathBuf::from)
    }
}

impl Declared {
    /// Compare with the registry.
    pub(super) async fn plan(&self, delete: bool, printer: Printer) -> Result<Planned, Failure> {
        if delete && !self.is_whole {
            return Err(Failure::bad_request(anyhow!(
                "--delete is for the whole manifest, not for some paths"
            ))
            .with_hint("Leave the paths out."));
        }
        let elsewhere = if delete { self.declared_elsewhere()? } else { Elsewhere::default() };
        let today = clock::today();
        let progress = Progress::new(printer, "comparing subjects", Some(self.wanted.len() as u64));
        let planning = Planning {
            live: &self.live,
            wanted: &self.wanted,
            is_whole: self.is_whole,
            delete,
            why_kept: &|subject| elsewhere.why_kept(self, subject),
            is_waived: &|wanted, finding| {
                is_waived(&self.workspace, &wanted.declared_as, &finding.found, today)
            },
            progress: &|more| progress.advance(more),
        };
        planning.plan().await
    }

    /// Is the subject, without its context, never to be deleted? It may be protected with it, too.
    fn protects(&self, subject: &str, others: &[Manifest]) -> bool {
        let qualified = format!(":{}:{subject}", self.live.context());
        let is_named = |manifest: &Manifest| manifest.protects(subject) || manifest.protects(&qualified);
        self.workspace.manifests.iter().chain(others).any(is_named)
    }

    /// What manifests of the same repository declare of the same registry and are not read for this run: those
    /// above, and beside a manifest that was named those below it.
    ///
    /// # Errors
    /// When one of them cannot be understood.
    pub(super) fn declared_elsewhere(&self) -> Result<Elsewhere, Failure> {
        let mut elsewhere = Elsewhere::default();
        let Some(own) = self.workspace.manifests.first() else { return Ok(elsewhere) };
        let Some(outermost) = Manifest::outermost_folder(Path::new(&own.governs)) else {
            return Ok(elsewhere);
        };
        let around = Workspace::open(&Asked { paths: vec![outermost], ..Asked::default() })?;
        let is_read = |path: &str| self.workspace.manifests.iter().any(|manifest| manifest.lies_at() == path);
        elsewhere.manifests =
            around.manifests.iter().filter(|other| self.is_of_same_place(own, other)).cloned().collect();
        for declared in &around.declared {
            let Some(manifest) = declared.manifest.map(|at| &around.manifests[at]) else { continue };
            if is_read(&manifest.lies_at()) || !self.is_of_same_place(own, manifest) {
                continue;
            }
            let subject = self.live.unqualified(&self.live.qualified(&declared.subject));
            elsewhere.subjects.entry(subject).or_insert_with(|| manifest.path.clone());
        }
        Ok(elsewhere)
    }

    /// Is another manifest about the same context of the same registry as this run, or as `own` says? One that
    /// names no registry is about that of the manifest around it.
    fn is_of_same_place(&self, own: &Manifest, other: &Manifest) -> bool {
        let place = |manifest: &Manifest| {
            let url = manifest.registry.url(|name| std::env::var(name).ok()).ok().flatten();
            let is_named = url.is_some();
            let url = url.unwrap_or_else(|| self.live.shown().to_owned());
            let live = Live::new(&url, manifest.registry.context.as_deref()).ok()?;
            Some((is_named.then(|| live.shown().to_owned()), live.context().to_owned()))
        };
        // What cannot be understood may be the same.
        let Some((url, context)) = place(other) else { return true };
        let (own_url, own_context) = place(own).unwrap_or_default();
        let is_same_url = url.is_none_or(|url| url == self.live.shown() || Some(url) == own_url);
        is_same_url && (context == self.live.context() || context == own_context)
    }
}

/// What other manifests say of the same registry.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// The subjects that they declare, without their context, and which of them does.
    subjects: BTreeMap<String, String>,
    /// All of them, for what they protect.
    manifests: Vec<Manifest>,
}

impl Elsewhere {
    /// Why a subject, named without its context, is not to be deleted.
    pub(super) fn why_kept(&self, declared: &Declared, subject: &str) -> Option<String> {
        if declared.protects(subject, &self.manifests) {
            return Some("is protected".to_owned());
        }
        self.subjects.get(subject).map(|path| format!("is declared in {path}"))
    }
}
