//! A second reading of Avro schemas that are known to be in order.

use std::collections::HashMap;

use serde_json::Value;

/// The types of a schema; the first one is the schema itself.
pub struct Schema {
    pub types: Vec<Type>,
    pub root: usize,
}

pub struct Type {
    pub shape: Shape,
    /// The logical type and its parameters, in a word.
    pub logical: Option<String>,
    /// Of a named type; empty for others.
    pub name: String,
    pub aliases: Vec<String>,
}

pub enum Shape {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum { symbols: Vec<String>, default: Option<String> },
    Record(Vec<Field>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
}

pub struct Field {
    pub name: String,
    pub aliases: Vec<String>,
    pub of: usize,
    pub default: Option<Value>,
}

impl Schema {
    pub fn read(text: &Value) -> Schema {
        let mut reader = Reader { types: Vec::new(), names: HashMap::new(), namespace: String::new() };
        let root = reader.read(text);
        Schema { types: reader.types, root }
    }

    pub fn get(&self, id: usize) -> &Type {
        &self.types[id]
    }
}

struct Reader {
    types: Vec<Type>,
    names: HashMap<String, usize>,
    /// The enclosing one.
    namespace: String,
}

impl Reader {
    fn read(&mut self, text: &Value) -> usize {
        match text {
            Value::String(word) => match primitive(word) {
                Some(shape) => self.add(shape, None, String::new(), Vec::new()),
                None => self.names[&self.full(word)],
            },
            Value::Array(branches) => {
                let branches = branches.iter().map(|branch| self.read(branch)).collect();
                self.add(Shape::Union(branches), None, String::new(), Vec::new())
            }
            _ => self.object(text),
        }
    }

    fn add(&mut self, shape: Shape, logical: Option<String>, name: String, aliases: Vec<String>) -> usize {
        self.types.push(Type { shape, logical, name, aliases });
        self.types.len() - 1
    }

    fn object(&mut self, text: &Value) -> usize {
        let Some(word) = text["type"].as_str() else { return self.read(&text["type"]) };
        let logical = logical(text);
        match word {
            "array" => {
                let items = self.read(&text["items"]);
                return self.add(Shape::Array(items), None, String::new(), Vec::new());
            }
            "map" => {
                let values = self.read(&text["values"]);
                return self.add(Shape::Map(values), None, String::new(), Vec::new());
            }
            _ => {}
        }
        if let Some(shape) = primitive(word) {
            return self.add(shape, logical, String::new(), Vec::new());
        }
        if !matches!(word, "fixed" | "enum" | "record" | "error") {
            return self.names[&self.full(word)];
        }
        let simple = text["name"].as_str().expect("a name");
        let name = match text["namespace"].as_str() {
            Some(namespace) if !simple.contains('.') && !namespace.is_empty() => {
                format!("{namespace}.{simple}")
            }
            Some(_) => simple.to_owned(),
            None => self.full(simple),
        };
        let outer = std::mem::take(&mut self.namespace);
        self.namespace =
            name.rsplit_once('.').map_or_else(String::new, |(namespace, _)| namespace.to_owned());
        let aliases = strings(&text["aliases"]).iter().map(|alias| self.full(alias)).collect();
        let id = self.add(Shape::Null, logical, name.clone(), aliases);
        self.names.insert(name, id);
        self.types[id].shape = match word {
            "fixed" => Shape::Fixed(text["size"].as_u64().expect("a size") as usize),
            "enum" => Shape::Enum {
                symbols: strings(&text["symbols"]),
                default: text["default"].as_str().map(str::to_owned),
            },
            _ => {
                let fields = text["fields"].as_array().expect("fields").iter();
                Shape::Record(fields.map(|field| self.field(field)).collect())
            }
        };
        self.namespace = outer;
        id
    }

    fn full(&self, name: &str) -> String {
        match name.contains('.') || self.namespace.is_empty() {
            true => name.to_owned(),
            false => format!("{}.{name}", self.namespace),
        }
    }

    fn field(&mut self, text: &Value) -> Field {
        Field {
            name: text["name"].as_str().expect("a name").to_owned(),
            aliases: strings(&text["aliases"]),
            of: self.read(&text["type"]),
            default: text.get("default").cloned(),
        }
    }
}

fn strings(of: &Value) -> Vec<String> {
    let all = of.as_array().into_iter().flatten();
    all.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn primitive(word: &str) -> Option<Shape> {
    Some(match word {
        "null" => Shape::Null,
        "boolean" => Shape::Boolean,
        "int" => Shape::Int,
        "long" => Shape::Long,
        "float" => Shape::Float,
        "double" => Shape::Double,
        "bytes" => Shape::Bytes,
        "string" => Shape::String,
        _ => return None,
    })
}

/// Only where it fits the type; it is ignored elsewhere.
fn logical(text: &Value) -> Option<String> {
    let word = text["logicalType"].as_str()?;
    let base = text["type"].as_str()?;
    let size = text["size"].as_u64();
    let fits = match word {
        "date" | "time-millis" => base == "int",
        "uuid" => base == "string" || size == Some(16),
        "duration" => size == Some(12),
        "decimal" => {
            let (precision, scale) = (text["precision"].as_u64()?, text["scale"].as_u64().unwrap_or(0));
            let most = match size {
                Some(size) => ((8 * size).saturating_sub(1) as f64 * 2f64.log10()) as u64,
                None => u64::from(u32::MAX),
            };
            let fits = precision > 0 && scale <= precision && precision <= most;
            let is_base = base == "bytes" || base == "fixed";
            return (fits && is_base).then(|| format!("decimal({precision},{scale})"));
        }
        _ => base == "long",
    };
    fits.then(|| word.to_owned())
}
