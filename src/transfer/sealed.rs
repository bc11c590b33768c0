//! Lines of JSON with a checksum on each, and one over all of them at the end.
//!
//! A line is an object whose last member `sum` is the beginning of the SHA-256 of everything before it on
//! the line. The last line says how many there were and what their hash is, so that one that is missing,
//! added or moved is found as well as one that was changed.

use std::io::{BufRead, Read, Write};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Error;

/// How many hexadecimal digits of the hash of a line are kept.
const DIGITS: usize = 16;
/// What stands between the hashed part of a line and its checksum.
const BEFORE_SUM: &str = ",\"sum\":\"";
/// A longer line was not written here.
pub(super) const LONGEST_LINE: u64 = 512 * 1024 * 1024;

/// Writes sealed lines.
pub(super) struct Sealer<W> {
    out: W,
    whole: Sha256,
    lines: u64,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(out: W) -> Sealer<W> {
        Sealer { out, whole: Sha256::new(), lines: 0 }
    }

    /// Write an object that is not empty.
    pub(super) fn line(&mut self, object: &Value) -> std::io::Result<()> {
        let mut line = object.to_string();
        let closed = line.pop();
        debug_assert_eq!(closed, Some('}'));
        let sum = sum(line.as_bytes());
        line.push_str(BEFORE_SUM);
        line.push_str(&sum);
        line.push_str("\"}\n");
        self.whole.update(&line);
        self.lines += 1;
        self.out.write_all(line.as_bytes())
    }

    /// Write the last line, and give back where all of it went.
    pub(super) fn finish(mut self) -> std::io::Result<W> {
        let hash = hex(&self.whole.clone().finalize());
        let end = json!({ "end": { "lines": self.lines, "sha256": hash } });
        self.line(&end)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Reads sealed lines.
pub(super) struct Opener<R> {
    input: R,
    whole: Sha256,
    lines: u64,
    place: String,
    ended: bool,
}

impl<R: BufRead> Opener<R> {
    /// `place` says in errors where the lines come from.
    pub(super) fn new(input: R, place: String) -> Opener<R> {
        Opener { input, whole: Sha256::new(), lines: 0, place, ended: false }
    }

    /// The next line, without its checksum; `None` at a proper end.
    pub(super) fn next(&mut self) -> Result<Option<Value>, Error> {
        let mut line = Vec::new();
        let read = (&mut self.input).take(LONGEST_LINE).read_until(b'\n', &mut line);
        read.map_err(|error| Error::Unreachable(format!("{}: {error}", self.place)))?;
        if self.ended {
            return match line.is_empty() {
                true => Ok(None),
                false => Err(self.damaged("something follows the end")),
            };
        }
        if line.is_empty() {
            return Err(self.damaged("it is cut off: its last line is missing"));
        }
        self.lines += 1;
        let Some(value) = open(&line) else {
            let cut = if line.ends_with(b"\n") { "" } else { " and cut off" };
            return Err(
                self.damaged(&format!("line {} was changed{cut}: its checksum does not match", self.lines))
            );
        };
        if let Some(end) = value.get("end") {
            let lines = end.get("lines").and_then(Value::as_u64);
            let hash = end.get("sha256").and_then(Value::as_str);
            if lines != Some(self.lines - 1) || hash != Some(&hex(&self.whole.clone().finalize())) {
                return Err(self.damaged("lines are missing, added or in another order"));
            }
            self.ended = true;
            return self.next();
        }
        self.whole.update(&line);
        Ok(Some(value))
    }

    fn damaged(&self, sentence: &str) -> Error {
        Error::Damaged(format!("{} is damaged: {sentence}", self.place))
    }
}

/// The object on a line whose checksum is right.
fn open(line: &[u8]) -> Option<Value> {
    let body = line.strip_suffix(b"\"}\n")?;
    let (before, given) = body.split_at_checked(body.len().checked_sub(DIGITS)?)?;
    let hashed = before.strip_suffix(BEFORE_SUM.as_bytes())?;
    if given != sum(hashed).as_bytes() {
        return None;
    }
    let mut object = hashed.to_vec();
    object.push(b'}');
    serde_json::from_slice(&object).ok()
}

fn sum(bytes: &[u8]) -> String {
    let mut hash = hex(&Sha256::digest(bytes));
    hash.truncate(DIGITS);
    hash
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Opener, Sealer};

    fn sealed() -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new());
        for number in 0..5 {
            sealer.line(&json!({ "row": { "number": number, "text": "größe\n\"sum\":" } })).expect("memory");
        }
        sealer.finish().expect("memory")
    }

    fn is_whole(bytes: &[u8]) -> bool {
        let mut opener = Opener::new(bytes, "it".to_owned());
        loop {
            match opener.next() {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    #[test]
    fn what_was_sealed_opens_and_nothing_else_does() {
        let sealed = sealed();
        assert!(is_whole(&sealed));
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_whole(&flipped), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(!is_whole(&sealed[..length]), "cut to {length}");
        }
        let lines: Vec<&[u8]> = sealed.split_inclusive(|byte| *byte == b'\n').collect();
        for left_out in 0..lines.len() {
            let mut fewer = lines.clone();
            fewer.remove(left_out);
            assert!(!is_whole(&fewer.concat()), "without line {left_out}");
            for other in 0..left_out {
                let mut swapped = lines.clone();
                swapped.swap(left_out, other);
                assert!(!is_whole(&swapped.concat()), "lines {left_out} and {other} swapped");
            }
            let twice = [&lines[..=left_out], &lines[left_out..]].concat();
            assert!(!is_whole(&twice.concat()), "line {left_out} twice");
        }
    }
}
