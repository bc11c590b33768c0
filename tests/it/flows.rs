//! HTTP flows as data: `tests/cases/http/*.toml`. What plays them is in `http.rs`.
//!
//! A file is one flow, a list of `[[step]]` named after the file, or several, each a `[[flow]]` with
//! a `name` and a list of `[[flow.step]]`. Every flow starts with an empty registry. `[options]` are
//! those of all flows of the file; a flow that has some of its own has only those.
//!
//! A step names a request and what it must answer. `status` is always compared; `json` must equal
//! the body, save that members named by `ignore` (default `ts`) are dropped from both sides at every
//! depth; `contains` are texts that the body must hold, `lacks` texts that it must not; `text` is the
//! whole body; `headers` must be there with these values, an empty value means that the header is
//! absent; `headers_unlike` must be there with other values. `${name}` in a path, header or body
//! stands for what an earlier step kept: `keep = { name = "header etag" }` or
//! `{ name = "/json/pointer" }`. `keep_body` keeps the bytes of the whole answer for a later step to
//! send as `body_kept`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A flow, and where it stands.
pub struct Flow {
    /// The name of the file without its ending.
    pub file: String,
    /// The flow's own name; none when it is the whole file.
    pub name: Option<String>,
    pub options: FlowOptions,
    pub steps: Vec<Step>,
}

impl Flow {
    /// As messages and documents call it: `file` or `file#name`.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{}#{name}", self.file),
            None => self.file.clone(),
        }
    }
}

/// How the server of a flow was started.
#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields, default)]
pub struct FlowOptions {
    pub incompatible_error_code: Option<u32>,
    pub omit_avro_schema_type: bool,
    pub body_limit: Option<usize>,
    pub drop_rule_sets: bool,
    pub reject_empty_subjects: bool,
    pub fixed_modes: bool,
    pub schema_limit: Option<usize>,
    pub default_level: Option<String>,
    /// The server has a key file.
    pub local_key: bool,
    pub max_keys: Option<usize>,
    /// Which registries may be copied to; any unless said otherwise.
    pub exporter_targets: Option<String>,
    /// Who judges; `reference` unless said otherwise, for that is whose contract the flows hold.
    pub judge: Option<String>,
}

/// A request and what it must answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the step shows, when the request does not say it.
    #[serde(default)]
    pub name: String,
    /// `METHOD /path?query`.
    pub request: String,
    #[serde(default)]
    pub send: BTreeMap<String, Headers>,
    pub body: Option<String>,
    /// The body in hex, for what is no text.
    pub body_hex: Option<String>,
    /// The name under which an earlier step kept its answer, which is sent back as it came.
    pub body_kept: Option<String>,
    /// The schema text of a body.
    pub schema: Option<String>,
    /// The other members of a body with a schema, as a JSON object.
    pub with: Option<String>,
    #[serde(default = "ok")]
    pub status: u16,
    pub json: Option<String>,
    #[serde(default = "ts")]
    pub ignore: Vec<String>,
    #[serde(default)]
    pub contains: Vec<String>,
    #[serde(default)]
    pub lacks: Vec<String>,
    pub text: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub headers_unlike: BTreeMap<String, String>,
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    pub keep_body: Option<String>,
}

/// The values of one header.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Headers {
    One(String),
    Many(Vec<String>),
}

fn ok() -> u16 {
    200
}

fn ts() -> Vec<String> {
    vec!["ts".to_owned()]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    options: FlowOptions,
    #[serde(default)]
    step: Vec<Step>,
    #[serde(default)]
    flow: Vec<NamedFlow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedFlow {
    name: String,
    options: Option<FlowOptions>,
    step: Vec<Step>,
}

/// Every flow of every file, in the order of their names.
pub fn all() -> Vec<Flow> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/http");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("flows").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let flows: Vec<Flow> = files.iter().flat_map(|file| read(file)).collect();
    assert!(!flows.is_empty());
    flows
}

fn read(path: &Path) -> Vec<Flow> {
    let text = fs::read_to_string(path).expect("a flow is readable");
    let read: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let File { options, step, flow } = read;
    assert!(step.is_empty() != flow.is_empty(), "{file} must be one flow or several");
    if flow.is_empty() {
        return vec![Flow { file, name: None, options, steps: step }];
    }
    let named = |flow: NamedFlow| {
        assert!(!flow.step.is_empty(), "{file}#{} has no steps", flow.name);
        let options = flow.options.unwrap_or_else(|| options.clone());
        Flow { file: file.clone(), name: Some(flow.name), options, steps: flow.step }
    };
    flow.into_iter().map(named).collect()
}
