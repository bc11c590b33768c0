//! Readers that put defaults in place.

use super::arena::Arena;
use super::build::Default;
use super::validate;
use crate::compat::budget::Fuel;
use crate::compat::report::Why;

/// A property that has a default need not be there, if the default is one that its schema accepts.
/// Where the object is looked at as a whole, it is unknown what it would look like then.
pub(super) fn fill(arena: &mut Arena, defaults: Vec<Default>, fuel: &mut Fuel) -> Result<(), Why> {
    for Default { owner, name, value } in defaults {
        let Some(part) = &arena.node(owner).object else { continue };
        let Some((_, child)) = part.properties.iter().find(|(known, _)| *known == name) else { continue };
        if !validate::accepts(arena, *child, &value, fuel)? {
            continue;
        }
        arena.change(owner, |node| {
            let Some(part) = &mut node.object else { return };
            part.required.retain(|required| *required != name);
            let counts = part.min_properties.is_some() || part.max_properties.is_some();
            if counts || !part.dependent_required.is_empty() || !part.dependent_schemas.is_empty() {
                node.unsupported = Some("a default beside keywords that count properties".into());
            }
        });
    }
    arena.merge();
    Ok(())
}
