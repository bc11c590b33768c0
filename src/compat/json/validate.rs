use super::{arena::Arena,node::*,value::Value}; use crate::compat::{report::Why,budget::Fuel};
pub(super) fn accepts(_:&Arena,_:NodeId,_:&Value,_:&mut Fuel)->Result<bool,Why>{todo!()}
