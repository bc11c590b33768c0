//! Query parameters, read as leniently as the reference reads them.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::value::{Error as ValueError, MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};

use crate::api::error::ApiError;

/// The query parameters of a route, as its struct names them.
///
/// Unknown parameters are ignored. A boolean is true when it reads `true` in any case, and never
/// fails. A scalar takes the first of several values, a list takes them all. A number that is no
/// number names a resource that does not exist.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        read(parts.uri.query().unwrap_or_default()).map(Query).map_err(|_| ApiError::not_found())
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, ValueError> {
    let mut parameters: Vec<(String, Values)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match parameters.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.0.push(value.into_owned()),
            None => parameters.push((name.into_owned(), Values(vec![value.into_owned()]))),
        }
    }
    T::deserialize(MapDeserializer::new(parameters.into_iter()))
}

/// All values of one parameter; never empty.
struct Values(Vec<String>);

impl Values {
    fn first(self) -> String {
        self.0.into_iter().next().unwrap_or_default()
    }
}

impl<'de> IntoDeserializer<'de, ValueError> for Values {
    type Deserializer = Values;

    fn into_deserializer(self) -> Values {
        self
    }
}

impl<'de> Deserializer<'de> for Values {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_string(self.first())
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_bool(self.first().eq_ignore_ascii_case("true"))
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        let number = self.first().parse().map_err(|_| ValueError::custom("not a 32-bit number"))?;
        visitor.visit_i32(number)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter()))
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// For an optional number: a blank one counts as absent.
pub fn optional_number<'de, D: Deserializer<'de>, N: FromStr>(
    deserializer: D,
) -> Result<Option<N>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom("not such a number"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Sample {
        deleted: bool,
        #[serde(deserialize_with = "super::optional_number")]
        limit: Option<i32>,
        format: Option<String>,
        find_tags: Vec<String>,
    }

    #[test]
    fn parameters_are_read_leniently() {
        let sample = |query: &str| super::read::<Sample>(query).expect(query);
        assert_eq!(sample(""), Sample::default());
        assert!(sample("deleted=TRUE&unknown=1").deleted);
        for no in ["deleted=yes", "deleted=1", "deleted=", "deleted", "deleted=false&deleted=true"] {
            assert_eq!(sample(no), Sample::default(), "{no}");
        }
        assert_eq!(sample("limit=-1").limit, Some(-1));
        assert_eq!(sample("limit=").limit, None);
        assert_eq!(sample("findTags=a%20b&findTags=c+d,e").find_tags, ["a b", "c d,e"]);
        assert_eq!(sample("format=x&format=y").format.as_deref(), Some("x"));
        for wrong in ["limit=x", "limit=1.5", "limit=4294967296"] {
            assert!(super::read::<Sample>(wrong).is_err(), "{wrong}");
        }
    }
}
