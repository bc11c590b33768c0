//! The binary encoding, read.

use super::Abandoned;

/// What is left to read.
pub(super) struct Bytes<'f>(pub(super) &'f [u8]);

impl<'f> Bytes<'f> {
    /// The number of elements in the next block of an array or a map; zero ends it. It is negative when a
    /// length in bytes follows.
    pub(super) fn block(&mut self) -> Result<u64, Abandoned> {
        let count = self.long()?;
        if count < 0 {
            self.long()?;
        }
        Ok(count.unsigned_abs())
    }

    /// Bytes, or the bytes of a string.
    pub(super) fn run(&mut self) -> Result<&'f [u8], Abandoned> {
        let length = usize::try_from(self.long()?).map_err(|_| Abandoned)?;
        self.take(length)
    }

    /// A position in a list.
    pub(super) fn position(&mut self) -> Result<usize, Abandoned> {
        usize::try_from(self.long()?).map_err(|_| Abandoned)
    }

    pub(super) fn long(&mut self) -> Result<i64, Abandoned> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take(1)? else { return Err(Abandoned) };
            value |= u64::from(byte & 0x7F) << shift;
            if *byte < 0x80 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err(Abandoned)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'f [u8], Abandoned> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Abandoned)?;
        self.0 = rest;
        Ok(taken)
    }
}
