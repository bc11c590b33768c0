//! Work on many subjects at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::compat;

/// Do the same with each item on as many threads as there are cores, with the stack that judging needs.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len().max(1));
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let start = || {
            let run = || {
                let mut done = Vec::new();
                loop {
                    let position = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(position) else { return done };
                    done.push((position, work(item)));
                }
            };
            let thread = std::thread::Builder::new().stack_size(compat::STACK);
            thread.spawn_scoped(scope, run).expect("a thread can be started")
        };
        let running: Vec<_> = (0..threads).map(|_| start()).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("judging does not panic")).collect()
    });
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, result)| result).collect()
}
