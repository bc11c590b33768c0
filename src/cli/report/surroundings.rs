//! Where a run takes place: in which folder of which repository, and in whose job.

use std::path::{Component, Path, PathBuf};

/// What is around a run.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// Whose job it is, if it is one.
    pub(super) host: Host,
    /// Where paths in reports count from.
    pub(super) root: Root,
    /// What is checked out, where the job says so.
    pub(super) provenance: Option<Provenance>,
}

/// Who runs the job.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Host {
    /// Nobody that is known.
    #[default]
    Unknown,
    /// GitHub Actions, with the file that the summary of the step is read from.
    GitHub { summary: Option<PathBuf> },
    /// GitLab CI/CD, with the folder that artifacts are taken from.
    GitLab { project: Option<PathBuf> },
}

/// The folder that paths in reports count from, seen from the one where the run takes place.
#[derive(Debug, Default)]
pub(super) struct Root {
    /// The root itself.
    folder: PathBuf,
    /// The folder of the run.
    here: PathBuf,
}

/// What is checked out.
#[derive(Debug)]
pub(super) struct Provenance {
    pub(super) repository: String,
    pub(super) revision: String,
}

impl Surroundings {
    /// As the environment and the working directory tell.
    pub(crate) fn found() -> Surroundings {
        let here = std::env::current_dir().unwrap_or_default();
        Surroundings::told_by(here, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn told_by(here: PathBuf, variable: impl Fn(&str) -> Option<String>) -> Surroundings {
        let is_set = |name: &str| variable(name).is_some_and(|value| value == "true");
        let folder = |name: &str| variable(name).map(PathBuf::from);
        let (host, root, provenance) = if is_set("GITHUB_ACTIONS") {
            let repository = variable("GITHUB_SERVER_URL").zip(variable("GITHUB_REPOSITORY"));
            let repository = repository.map(|(server, name)| format!("{server}/{name}"));
            let host = Host::GitHub { summary: folder("GITHUB_STEP_SUMMARY") };
            (host, folder("GITHUB_WORKSPACE"), repository.zip(variable("GITHUB_SHA")))
        } else if is_set("GITLAB_CI") {
            // Not CI_REPOSITORY_URL, which holds a token.
            let provenance = variable("CI_PROJECT_URL").zip(variable("CI_COMMIT_SHA"));
            let project = folder("CI_PROJECT_DIR");
            (Host::GitLab { project: project.clone() }, project, provenance)
        } else {
            (Host::Unknown, None, None)
        };
        let root = root.or_else(|| repository_around(&here)).unwrap_or_else(|| here.clone());
        Surroundings {
            host,
            root: Root { folder: root, here },
            provenance: provenance.map(|(repository, revision)| Provenance { repository, revision }),
        }
    }
}

fn repository_around(here: &Path) -> Option<PathBuf> {
    here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

impl Root {
    #[cfg(test)]
    pub(super) fn of(folder: &str, here: &str) -> Root {
        Root { folder: folder.into(), here: here.into() }
    }

    /// A path as it counts from the root, with slashes; what is not below the root stays absolute.
    pub(super) fn path_of(&self, path: &str) -> String {
        let whole = plain(&self.here.join(path));
        let below = whole.strip_prefix(plain(&self.folder)).map(Path::to_owned).unwrap_or(whole);
        let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
        parts.collect::<Vec<_>>().join("/").replacen("//", "/", 1)
    }
}

/// Without `.` and `..`, as far as the names alone tell.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_job(variables: &[(&str, &str)]) -> Surroundings {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Surroundings::told_by("/build/shop/orders".into(), variable)
    }

    #[test]
    fn paths_count_from_the_folder_that_was_checked_out() {
        let found = in_a_job(&[("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", "/build/shop")]);
        for (path, expected) in [
            ("a.avsc", "orders/a.avsc"),
            ("./a b/ü.avsc", "orders/a b/ü.avsc"),
            ("../users/a.avsc", "users/a.avsc"),
            ("/build/shop/x.proto", "x.proto"),
            ("/elsewhere/x.proto", "/elsewhere/x.proto"),
            ("../../out.avsc", "/build/out.avsc"),
        ] {
            assert_eq!(found.root.path_of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_job_tells_what_is_checked_out() {
        let found = in_a_job(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "shop/schemas"),
            ("GITHUB_SHA", "3f2c91d"),
            ("GITHUB_STEP_SUMMARY", "/tmp/summary"),
        ]);
        assert_eq!(found.host, Host::GitHub { summary: Some("/tmp/summary".into()) });
        let provenance = found.provenance.expect("it is told");
        assert_eq!(
            (&*provenance.repository, &*provenance.revision),
            ("https://github.com/shop/schemas", "3f2c91d")
        );

        let found = in_a_job(&[
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_DIR", "/build/shop"),
            ("CI_PROJECT_URL", "https://gitlab.example/shop"),
            ("CI_REPOSITORY_URL", "https://gitlab-ci-token:secret@gitlab.example/shop.git"),
            ("CI_COMMIT_SHA", "3f2c91d"),
        ]);
        assert_eq!(found.host, Host::GitLab { project: Some("/build/shop".into()) });
        assert_eq!(found.provenance.expect("it is told").repository, "https://gitlab.example/shop");
    }

    #[test]
    fn no_job_is_nobodys() {
        let found = in_a_job(&[("GITHUB_ACTIONS", "false"), ("GITLAB_CI", "")]);
        assert_eq!(found.host, Host::Unknown);
        assert!(found.provenance.is_none());
        assert_eq!(found.root.path_of("a.avsc"), "a.avsc");
    }
}
