mod protobuf;
mod rng;
#[derive(Clone, Copy)]
pub struct Run {
    pub seed: u64,
    pub count: u64,
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let seed = a.get(1).map_or(1, |s| s.parse().unwrap());
    let count = a.get(2).map_or(20000, |s| s.parse().unwrap());
    let t = std::time::Instant::now();
    match protobuf::run(Run { seed, count }) {
        Ok(s) => println!("{s} in {:?}", t.elapsed()),
        Err(e) => {
            println!("{e}");
            std::process::exit(1)
        }
    }
}
