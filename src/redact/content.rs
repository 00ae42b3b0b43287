//! What a file holds, looked through for secrets: as it is, and unpacked where it is a gzip, an object of git's or a pack of them. Nobody vouches
//! for what is in it: what swells past all measure is left, and said to be.

mod pack;

use std::collections::BTreeSet;
use std::io::Write;

use flate2::write::{MultiGzDecoder, ZlibDecoder};

use super::{Hit, Search, Searcher};
use pack::Pack;

/// So many bytes may come of anything, …
const FREE: u64 = 16 << 20;

/// … and so many of each byte that is packed, …
const RATIO: u64 = 200;

/// … but no more than so many.
const MOST: u64 = 4 << 30;

/// How many bytes tell what a file is.
const MAGIC: usize = 8;

/// The search of one file, which comes in chunks.
#[derive(Debug)]
pub struct Content<'a> {
    searcher: &'a Searcher,
    plain: Search<'a>,
    begin: Vec<u8>,
    read: u64,
    packed: Packed<'a>,
    is_whole: bool,
    hits: BTreeSet<Hit>,
}

/// What is in a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    /// The secrets.
    pub hits: BTreeSet<Hit>,
    /// Everything was looked through.
    pub is_whole: bool,
}

#[derive(Debug)]
enum Packed<'a> {
    /// Too little came to tell.
    Unknown,
    /// Nothing is, or no more.
    Nothing,
    Gzip(Box<MultiGzDecoder<Sink<'a>>>),
    Object(Box<ZlibDecoder<Sink<'a>>>),
    Pack(Box<Pack<'a>>),
}

/// Where goes what was unpacked.
#[derive(Debug)]
struct Sink<'a> {
    search: Search<'a>,
    done: u64,
    allowed: u64,
}

/// How unpacking goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    On,
    /// There is no more, or what comes is nothing that is packed so.
    ToItsEnd,
    /// It is too much, or of a kind that is not known.
    TooFar,
}

impl Searcher {
    /// Returns a search of one file, also of what is packed in it.
    pub fn content(&self) -> Content<'_> {
        Content {
            searcher: self,
            plain: self.search(),
            begin: Vec::new(),
            read: 0,
            packed: Packed::Unknown,
            is_whole: true,
            hits: BTreeSet::new(),
        }
    }
}

impl Content<'_> {
    /// Reads bytes.
    pub fn read(&mut self, bytes: &[u8]) {
        self.plain.read(bytes);
        self.read += bytes.len() as u64;
        match self.packed {
            Packed::Nothing => {}
            Packed::Unknown => {
                self.begin.extend_from_slice(bytes);
                if self.begin.len() >= MAGIC {
                    let begin = std::mem::take(&mut self.begin);
                    self.packed = Packed::of(&begin, self.searcher);
                    self.unpack(&begin);
                }
            }
            Packed::Gzip(_) | Packed::Object(_) | Packed::Pack(_) => self.unpack(bytes),
        }
    }

    /// Returns what is there.
    pub fn finish(mut self) -> Held {
        self.close();
        self.hits.extend(self.plain.finish());
        Held { hits: self.hits, is_whole: self.is_whole }
    }

    fn unpack(&mut self, bytes: &[u8]) {
        let allowed = self.read.saturating_mul(RATIO).saturating_add(FREE).min(MOST);
        let went = match &mut self.packed {
            Packed::Unknown | Packed::Nothing => return,
            Packed::Gzip(decoder) => {
                decoder.get_mut().allowed = allowed;
                let done = decoder.write_all(bytes);
                decoder.get_ref().went(done.is_ok())
            }
            Packed::Object(decoder) => {
                decoder.get_mut().allowed = allowed;
                let done = decoder.write_all(bytes);
                decoder.get_ref().went(done.is_ok())
            }
            Packed::Pack(pack) => pack.read(bytes, allowed),
        };
        if went != Went::On {
            self.is_whole = went != Went::TooFar;
            self.close();
        }
    }

    fn close(&mut self) {
        let (hits, how) = match std::mem::replace(&mut self.packed, Packed::Nothing) {
            Packed::Unknown | Packed::Nothing => return,
            Packed::Gzip(mut decoder) => {
                // What is held back of the last bytes.
                let _broken = decoder.try_finish();
                (decoder.get_mut().take(self.searcher), "gzip")
            }
            Packed::Object(mut decoder) => {
                let _broken = decoder.try_finish();
                (decoder.get_mut().take(self.searcher), "zlib")
            }
            Packed::Pack(pack) => (pack.finish(), "a pack of git's"),
        };
        let packed = |hit: Hit| Hit { form: format!("{}, in {how}", hit.form), ..hit };
        self.hits.extend(hits.into_iter().map(packed));
    }
}

impl<'a> Packed<'a> {
    /// Tells what a file is by its first bytes.
    fn of(begin: &[u8], searcher: &'a Searcher) -> Self {
        let sink = || Sink { search: searcher.search(), done: 0, allowed: 0 };
        match begin {
            [0x1f, 0x8b, 8, ..] => Self::Gzip(Box::new(MultiGzDecoder::new(sink()))),
            [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, ..] => Self::Pack(Box::new(Pack::new(searcher))),
            // RFC 1950: deflate with a window of at most 32 KiB, and a check of both bytes.
            [method, flags, ..] if method & 0x8f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0 => {
                Self::Object(Box::new(ZlibDecoder::new(sink())))
            }
            _ => Self::Nothing,
        }
    }
}

impl<'a> Sink<'a> {
    fn went(&self, is_on: bool) -> Went {
        match is_on {
            true => Went::On,
            false if self.done >= self.allowed => Went::TooFar,
            false => Went::ToItsEnd,
        }
    }

    fn take(&mut self, searcher: &'a Searcher) -> BTreeSet<Hit> {
        std::mem::replace(&mut self.search, searcher.search()).finish()
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.done >= self.allowed {
            return Err(std::io::Error::other("too much"));
        }
        self.search.read(bytes);
        self.done += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
