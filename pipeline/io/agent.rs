//! The socket of an ssh-agent.

use std::io;
use std::path::Path;

use crate::error::{Error, Result};

/// Sends one message to the agent that listens at `socket`, and waits for the one of at most `max_bytes` that it answers
/// with. An agent may ask its owner first, so there is no hurry.
pub fn ask(socket: &Path, message: &[u8], max_bytes: usize) -> Result<Vec<u8>> {
    exchange(socket, message, max_bytes).map_err(Error::io(format!("the ssh-agent at {}", socket.display())))
}

/// On the socket each message stands behind its length: four bytes, the highest first.
#[cfg(unix)]
fn exchange(socket: &Path, message: &[u8], max_bytes: usize) -> io::Result<Vec<u8>> {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    let mut stream = UnixStream::connect(socket)?;
    let length = u32::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes(), message].concat())?;

    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > max_bytes {
        return Err(io::Error::other(format!("an answer of {length} bytes, and at most {max_bytes} are taken")));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

#[cfg(not(unix))]
fn exchange(_: &Path, _: &[u8], _: usize) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}
