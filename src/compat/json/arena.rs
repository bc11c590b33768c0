use super::node::*; use crate::compat::report::Why;
#[derive(Debug)] pub(super) struct Arena;
impl Arena { pub fn node(&self,_:NodeId)->&Node{todo!()} pub fn class(&self,_:NodeId)->NodeId{todo!()} pub fn intern(&mut self,_:Node)->NodeId{todo!()} pub fn unfolded(&mut self,_:NodeId)->Result<NodeId,Why>{todo!()} }
