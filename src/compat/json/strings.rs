use super::found::Found; use std::collections::BTreeSet; use crate::compat::budget::Fuel; use std::sync::Arc;
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::compat) struct Pattern(Arc<str>);
impl Pattern { pub fn is_match(&self,_:&str)->Option<bool>{todo!()} pub fn source(&self)->&str{&self.0} pub fn is_opaque(&self)->bool{todo!()} pub fn accepts_everything(&self)->bool{todo!()} }
pub(super) struct Question<'a>{pub must:&'a [Pattern],pub must_not:&'a [Pattern],pub min_length:u64,pub max_length:Option<u64>,pub excluded:&'a BTreeSet<Arc<str>>}
impl Question<'_>{pub fn solve(&self,_:usize,_:&mut Fuel)->Found<Arc<str>>{todo!()}}
