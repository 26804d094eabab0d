//! A key that an ssh-agent keeps: the private half is never seen here.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::format::agent::{Answer, MAX_MESSAGE_BYTES, Request};
use crate::format::ed25519::{Signature, Signer, SignerError, VerifyingKey};
use crate::io;

/// A key in the agent that `SSH_AUTH_SOCK` names.
pub struct AgentKey {
    socket: PathBuf,
    key: VerifyingKey,
}

impl AgentKey {
    /// The key, if the agent holds it.
    pub fn find(key: VerifyingKey) -> Result<Self> {
        let found = Self { socket: socket()?, key };
        let fingerprint = found.key.fingerprint();
        match found.ask(Request::Identities)? {
            Answer::Identities(held) if held.iter().any(|identity| identity.key == found.key.to_wire()) => Ok(found),
            Answer::Identities(_) => {
                Err(Error::Signer(format!("the ssh-agent does not hold the key {fingerprint}; add it with `ssh-add`")))
            }
            _ => Err(Error::Signer("the ssh-agent does not say which keys it holds".to_owned())),
        }
    }

    fn ask(&self, request: Request) -> Result<Answer> {
        let message = request.to_bytes();
        if message.len() > MAX_MESSAGE_BYTES {
            return Err(Error::Signer(format!("an ssh-agent signs at most {MAX_MESSAGE_BYTES} bytes")));
        }
        let answer = io::agent::ask(&self.socket, &message, MAX_MESSAGE_BYTES)?;
        Answer::parse(&answer).map_err(|error| Error::Signer(error.to_string()))
    }
}

impl Signer for AgentKey {
    fn verifying_key(&self) -> VerifyingKey {
        self.key.clone()
    }

    /// A signature that the agent gave, and that holds.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let refuse = |why: &str| SignerError(why.to_owned());
        let answer = self.ask(Request::Sign { key: &self.key, message });
        match answer.map_err(|error| SignerError(error.to_string()))? {
            Answer::Signature(signature) => {
                let held = self.key.verify(message, &signature);
                held.map_err(|_| refuse("the ssh-agent's signature does not hold for the key it was asked to use"))?;
                Ok(signature)
            }
            Answer::Failure => Err(refuse("the ssh-agent refuses to sign with the key")),
            Answer::Identities(_) => Err(refuse("the ssh-agent sent keys where a signature was asked for")),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "SSH_AUTH_SOCK is how an ssh-agent makes itself known")]
fn socket() -> Result<PathBuf> {
    let named = std::env::var_os("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty());
    named.map(PathBuf::from).ok_or_else(|| {
        let message = "a public key signs through an ssh-agent, and SSH_AUTH_SOCK names none; start one with \
            `eval \"$(ssh-agent)\"` and add the key with `ssh-add`, or give the private key's file";
        Error::Usage(message.to_owned())
    })
}
