//! A pack of git's (gitformat-pack): each object is a zlib stream by itself. Of one that is kept as a difference to another one, what it adds is looked at.

use std::collections::BTreeSet;

use flate2::{Decompress, FlushDecompress, Status};

use super::Went;
use crate::redact::{Hit, Search, Searcher};

/// How much is unpacked at a time, in bytes.
const PIECE: usize = 32 * 1024;

/// A pack's beginning: its magic, its version and how many objects there are.
const HEADER: usize = 12;

/// How long the name of an object is, in bytes.
const NAME: usize = 20;

/// An object that is kept as a difference to the one at a place.
const OF_PLACE: u8 = 6;

/// An object that is kept as a difference to the one of a name.
const OF_NAME: u8 = 7;

/// The search of a pack.
#[derive(Debug)]
pub(super) struct Pack<'a> {
    search: Search<'a>,
    at: At,
    objects: u32,
    delta: Option<Delta>,
    inflating: Decompress,
    piece: Vec<u8>,
    done: u64,
}

/// Where it has come to.
#[derive(Debug, Clone, Copy)]
enum At {
    /// In the header, of which so many bytes are to come.
    Header(usize),
    /// Before an object.
    Begin,
    /// In the size of an object of a kind.
    Size(u8),
    /// In the place of the other object.
    Place,
    /// In the name of the other object, of which so many bytes are to come.
    Name(usize),
    Data,
}

/// A difference between objects, as far as it was read.
#[derive(Debug, Clone, Copy)]
enum Delta {
    /// So many sizes are to come.
    Sizes(u8),
    /// Before an instruction.
    Instruction,
    /// So many bytes tell what is taken from the other object.
    Copy(u32),
    /// So many bytes are new.
    New(usize),
    /// It makes no sense.
    Broken,
}

impl<'a> Pack<'a> {
    pub(super) fn new(searcher: &'a Searcher) -> Self {
        Self {
            search: searcher.search(),
            at: At::Header(HEADER),
            objects: 0,
            delta: None,
            inflating: Decompress::new(true),
            piece: vec![0; PIECE],
            done: 0,
        }
    }

    pub(super) fn finish(self) -> BTreeSet<Hit> {
        self.search.finish()
    }

    /// Reads bytes; of what is unpacked no more than is allowed until now.
    pub(super) fn read(&mut self, mut bytes: &[u8], allowed: u64) -> Went {
        while let Some((byte, rest)) = bytes.split_first() {
            if let At::Data = self.at {
                match self.data(bytes, allowed) {
                    Ok(read) => bytes = bytes.get(read..).unwrap_or_default(),
                    Err(went) => return went,
                }
                continue;
            }
            bytes = rest;
            let is_last = byte & 0x80 == 0;
            self.at = match self.at {
                At::Header(left) => {
                    // Only the count is not known yet: the last four bytes.
                    self.objects = (self.objects << 8) | u32::from(*byte);
                    if left > 1 { At::Header(left - 1) } else { At::Begin }
                }
                At::Begin if self.objects == 0 => return Went::ToItsEnd,
                At::Begin => {
                    self.objects -= 1;
                    let kind = (byte >> 4) & 7;
                    if is_last { self.begin(kind) } else { At::Size(kind) }
                }
                At::Size(kind) if is_last => self.begin(kind),
                At::Place if is_last => At::Data,
                At::Name(left) => {
                    if left > 1 {
                        At::Name(left - 1)
                    } else {
                        At::Data
                    }
                }
                at @ (At::Size(_) | At::Place | At::Data) => at,
            };
        }
        Went::On
    }

    fn begin(&mut self, kind: u8) -> At {
        self.inflating.reset(true);
        self.search.cut();
        self.delta = [OF_PLACE, OF_NAME].contains(&kind).then_some(Delta::Sizes(2));
        match kind {
            OF_PLACE => At::Place,
            OF_NAME => At::Name(NAME),
            _ => At::Data,
        }
    }

    /// Unpacks a piece of an object; returns how many bytes that took.
    fn data(&mut self, bytes: &[u8], allowed: u64) -> Result<usize, Went> {
        if self.done >= allowed {
            return Err(Went::TooFar);
        }
        let before = (self.inflating.total_in(), self.inflating.total_out());
        let status = self.inflating.decompress(bytes, &mut self.piece, FlushDecompress::None);
        let status = status.map_err(|_broken| Went::TooFar)?;
        let since = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        let (read, made) = (since(self.inflating.total_in(), before.0), since(self.inflating.total_out(), before.1));
        self.done += made as u64;
        let piece = self.piece.get(..made).unwrap_or_default();
        match &mut self.delta {
            None => self.search.read(piece),
            Some(delta) => delta.read(piece, &mut self.search),
        }
        match status {
            Status::StreamEnd => self.at = At::Begin,
            // It asks for what is not there.
            Status::Ok | Status::BufError if read == 0 && made == 0 => return Err(Went::TooFar),
            Status::Ok | Status::BufError => {}
        }
        Ok(read)
    }
}

impl Delta {
    fn read(&mut self, mut bytes: &[u8], search: &mut Search<'_>) {
        while let Some((byte, rest)) = bytes.split_first() {
            if let Self::New(left) = *self {
                let new = bytes.len().min(left);
                search.read(bytes.get(..new).unwrap_or_default());
                bytes = bytes.get(new..).unwrap_or_default();
                *self = if left > new { Self::New(left - new) } else { Self::Instruction };
                continue;
            }
            bytes = rest;
            *self = match *self {
                Self::Sizes(left) if byte & 0x80 != 0 => Self::Sizes(left),
                Self::Sizes(left) => {
                    if left > 1 {
                        Self::Sizes(left - 1)
                    } else {
                        Self::Instruction
                    }
                }
                Self::Instruction => match byte & 0x7f {
                    0 if *byte == 0 => Self::Broken,
                    which if byte & 0x80 != 0 => {
                        search.cut();
                        if which == 0 { Self::Instruction } else { Self::Copy(which.count_ones()) }
                    }
                    new => Self::New(new.into()),
                },
                Self::Copy(left) => {
                    if left > 1 {
                        Self::Copy(left - 1)
                    } else {
                        Self::Instruction
                    }
                }
                Self::New(_) | Self::Broken => Self::Broken,
            };
        }
    }
}
