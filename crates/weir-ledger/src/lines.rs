//! The lines of the file, in both directions, in memory of at most a few times the longest record.
//!
//! Work is linear in what is read, whatever the bytes are: a damaged file must not hang a hook.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::os::unix::fs::FileExt as _;

use crate::line::LONGEST;

/// The first step back: holds the last record in the usual case.
const FIRST_BLOCK: usize = 8 * 1024;
/// Later steps, and steps forward.
const BLOCK: usize = 256 * 1024;

/// One line as it stands in the file.
pub(crate) struct Raw {
    /// Where it starts.
    pub(crate) offset: u64,
    /// Where the next one starts.
    pub(crate) end: u64,
    /// Its bytes, newline included; empty where it is longer than any record can be.
    pub(crate) bytes: Vec<u8>,
}

/// The lines before a place in the file, last first. After an error there is no more.
#[derive(Debug)]
pub(crate) struct Backward<'a> {
    file: &'a File,
    /// The end of the line that is read next.
    end: u64,
    /// Bytes of the file from `block_start`.
    block: Vec<u8>,
    block_start: u64,
    step: usize,
}

impl<'a> Backward<'a> {
    pub(crate) const fn new(file: &'a File, end: u64) -> Self {
        Self { file, end, block: Vec::new(), block_start: end, step: FIRST_BLOCK }
    }

    /// The line that ends at `self.end`.
    fn line(&mut self) -> io::Result<Raw> {
        let end = self.end;
        loop {
            let used = usize::try_from(end - self.block_start).unwrap_or(0);
            let here = self.block.get(..used).unwrap_or_default();
            let before = here.get(..used.saturating_sub(1)).unwrap_or_default();
            if let Some(at) = before.iter().rposition(|byte| *byte == b'\n') {
                let bytes = here.get(at + 1..).unwrap_or_default().to_vec();
                return Ok(Raw { offset: self.block_start + at as u64 + 1, end, bytes });
            }
            if used > LONGEST {
                let offset = newline_before(self.file, self.block_start)?.map_or(0, |at| at + 1);
                self.block = Vec::new();
                self.block_start = offset;
                return Ok(Raw { offset, end, bytes: Vec::new() });
            }
            if self.block_start == 0 {
                return Ok(Raw { offset: 0, end, bytes: here.to_vec() });
            }
            let want = self.step.max(used).min(usize::try_from(self.block_start).unwrap_or(usize::MAX));
            let start = self.block_start - want as u64;
            let mut block = Vec::with_capacity(want + used);
            block.resize(want, 0);
            self.file.read_exact_at(&mut block, start)?;
            block.extend_from_slice(here);
            self.block = block;
            self.block_start = start;
            self.step = (self.step * 2).min(BLOCK);
        }
    }
}

impl Iterator for Backward<'_> {
    type Item = io::Result<Raw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.end == 0 {
            return None;
        }
        let line = self.line();
        self.end = line.as_ref().map_or(0, |raw| raw.offset);
        Some(line)
    }
}

/// The place of the last newline before `end`.
fn newline_before(file: &File, end: u64) -> io::Result<Option<u64>> {
    let mut end = end;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK as u64);
        block.resize(usize::try_from(end - start).unwrap_or(0), 0);
        file.read_exact_at(&mut block, start)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(Some(start + at as u64));
        }
        end = start;
    }
    Ok(None)
}

/// The lines before a place in the file, first first. After an error there is no more.
#[derive(Debug)]
pub(crate) struct Forward<'a> {
    input: BufReader<Part<'a>>,
    offset: u64,
    failed: bool,
}

impl<'a> Forward<'a> {
    pub(crate) fn new(file: &'a File, end: u64) -> Self {
        let part = Part { file, at: 0, end };
        Self { input: BufReader::with_capacity(BLOCK, part), offset: 0, failed: false }
    }

    fn line(&mut self) -> io::Result<Option<Raw>> {
        let mut bytes = Vec::new();
        let mut length = self.input.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut bytes)? as u64;
        if length == 0 {
            return Ok(None);
        }
        if bytes.len() > LONGEST {
            if bytes.last() != Some(&b'\n') {
                length += self.input.skip_until(b'\n')? as u64;
            }
            bytes = Vec::new();
        }
        let offset = self.offset;
        self.offset += length;
        Ok(Some(Raw { offset, end: self.offset, bytes }))
    }
}

impl Iterator for Forward<'_> {
    type Item = io::Result<Raw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let line = self.line();
        self.failed = line.is_err();
        line.transpose()
    }
}

/// The bytes of a file up to `end`, without its cursor: several readers may share the file.
#[derive(Debug)]
struct Part<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(buffer.get_mut(..left).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
