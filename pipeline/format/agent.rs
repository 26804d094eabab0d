//! The messages of an ssh-agent (draft-ietf-sshm-ssh-agent) that signing needs: which keys it holds, and a signature.
//!
//! A message is its number in one byte and its fields. Here it stands without the length that goes before it on the
//! socket. An answer is read whole or not at all.

use super::ed25519::{Signature, VerifyingKey};

/// Longest message, in bytes: what OpenSSH's agent takes and sends.
pub const MAX_MESSAGE_BYTES: usize = 1 << 18;

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

const ED25519: &[u8] = b"ssh-ed25519";

/// What an agent is asked.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// Which keys it holds.
    Identities,
    /// A signature of `message` with `key`.
    Sign {
        /// The public half.
        key: &'a VerifyingKey,
        /// The bytes to be signed, as they are.
        message: &'a [u8],
    },
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No.
    Failure,
    /// The keys it holds, of whatever algorithm.
    Identities(Vec<Identity>),
    /// A signature; whether it holds is to be seen.
    Signature(Signature),
}

/// A key that an agent holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The public key as SSH sends it: [`VerifyingKey::to_wire`].
    pub key: Vec<u8>,
    /// What its owner calls it.
    pub comment: Vec<u8>,
}

/// Why an answer is not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// Fields missing, left over or out of bounds.
    #[error("the ssh-agent's answer is malformed")]
    Form,
    /// An answer to something else.
    #[error("the ssh-agent answered with message {0}, which fits no question of ours")]
    Number(u8),
    /// A signature of another algorithm than the key's.
    #[error("the ssh-agent's signature is not one of ssh-ed25519")]
    Algorithm,
}

impl Request<'_> {
    /// The message.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Identities => vec![REQUEST_IDENTITIES],
            Self::Sign { key, message } => {
                let no_flags = 0u32.to_be_bytes();
                [&[SIGN_REQUEST][..], &string(&key.to_wire()), &string(message), &no_flags].concat()
            }
        }
    }
}

impl Answer {
    /// Reads a message.
    ///
    /// # Errors
    /// [`AgentError`].
    pub fn parse(message: &[u8]) -> Result<Self, AgentError> {
        let (&number, fields) = message.split_first().ok_or(AgentError::Form)?;
        let mut fields = Fields(fields);
        let answer = match number {
            FAILURE => Self::Failure,
            IDENTITIES_ANSWER => Self::Identities(identities(&mut fields)?),
            SIGN_RESPONSE => Self::Signature(signature(fields.string()?)?),
            _ => return Err(AgentError::Number(number)),
        };
        fields.end()?;
        Ok(answer)
    }

    /// The message: the agent's side of it.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Failure => vec![FAILURE],
            Self::Identities(identities) => {
                let mut message = vec![IDENTITIES_ANSWER];
                message.extend(count(identities.len()));
                for identity in identities {
                    message.extend(string(&identity.key));
                    message.extend(string(&identity.comment));
                }
                message
            }
            Self::Signature(signature) => {
                let signature = [string(ED25519), string(signature)].concat();
                [&[SIGN_RESPONSE][..], &string(&signature)].concat()
            }
        }
    }
}

fn identities(fields: &mut Fields) -> Result<Vec<Identity>, AgentError> {
    let count = fields.number()?;
    let mut identities = Vec::new();
    for _ in 0..count {
        identities.push(Identity { key: fields.string()?.to_vec(), comment: fields.string()?.to_vec() });
    }
    Ok(identities)
}

fn signature(bytes: &[u8]) -> Result<Signature, AgentError> {
    let mut fields = Fields(bytes);
    if fields.string()? != ED25519 {
        return Err(AgentError::Algorithm);
    }
    let signature = fields.string()?.try_into().map_err(|_| AgentError::Form)?;
    fields.end()?;
    Ok(signature)
}

/// A `string` of RFC 4251 section 5: its length and its bytes.
fn string(bytes: &[u8]) -> Vec<u8> {
    [&count(bytes.len()), bytes].concat()
}

fn count(count: usize) -> [u8; 4] {
    let count = u32::try_from(count).unwrap_or_else(|_| unreachable!("a message is bounded"));
    count.to_be_bytes()
}

/// The fields of a message that are still to be read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Result<u32, AgentError> {
        let (number, rest) = self.0.split_first_chunk().ok_or(AgentError::Form)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*number))
    }

    fn string(&mut self) -> Result<&'a [u8], AgentError> {
        let length = usize::try_from(self.number()?).map_err(|_| AgentError::Form)?;
        let (string, rest) = self.0.split_at_checked(length).ok_or(AgentError::Form)?;
        self.0 = rest;
        Ok(string)
    }

    fn end(self) -> Result<(), AgentError> {
        if self.0.is_empty() { Ok(()) } else { Err(AgentError::Form) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    fn key() -> VerifyingKey {
        SigningKey::from_seed(&[7; 32]).verifying_key()
    }

    fn answers() -> [Answer; 4] {
        let identity = Identity { key: key().to_wire(), comment: b"a comment".to_vec() };
        let other = Identity { key: b"\0\0\0\x07ssh-rsa".to_vec(), comment: Vec::new() };
        [
            Answer::Failure,
            Answer::Identities(Vec::new()),
            Answer::Identities(vec![other, identity]),
            Answer::Signature([5; 64]),
        ]
    }

    #[test]
    fn requests_are_those_of_the_draft() {
        assert_eq!(Request::Identities.to_bytes(), [11]);
        let asked = Request::Sign { key: &key(), message: b"bytes" }.to_bytes();
        let (start, rest) = asked.split_at(5 + key().to_wire().len());
        assert_eq!(start, [&[13, 0, 0, 0, 51][..], &key().to_wire()].concat());
        assert_eq!(rest, b"\0\0\0\x05bytes\0\0\0\0");
    }

    #[test]
    fn answers_read_back() {
        for answer in answers() {
            assert_eq!(Answer::parse(&answer.to_bytes()), Ok(answer));
        }
        let message = [&b"\x0e\0\0\0\x53\0\0\0\x0bssh-ed25519\0\0\0\x40"[..], &[5; 64]].concat();
        assert_eq!(Answer::parse(&message), Ok(Answer::Signature([5; 64])));
    }

    #[test]
    fn other_answers_are_refused() {
        for (message, error) in [
            (&b""[..], AgentError::Form),
            (b"\x0c", AgentError::Form),
            (b"\x0c\0\0\0\x01", AgentError::Form),
            (b"\x0c\xff\xff\xff\xff", AgentError::Form),
            (b"\x0c\0\0\0\x01\0\0\0\x01k\0\0\0\x02c", AgentError::Form),
            (b"\x0c\0\0\0\x01\0\0\0\x01k\xff\xff\xff\xffc", AgentError::Form),
            (b"\x05\0", AgentError::Form),
            (b"\x06", AgentError::Number(6)),
            (b"\x0e\0\0\0\x0b\0\0\0\x07ssh-rsa", AgentError::Algorithm),
            (b"\x0e\0\0\0\x13\0\0\0\x0bssh-ed25519\0\0\0\0", AgentError::Form),
        ] {
            assert_eq!(Answer::parse(message), Err(error), "{message:?}");
        }
        for answer in answers() {
            let message = answer.to_bytes();
            assert_eq!(Answer::parse(&message[..message.len() - 1]), Err(AgentError::Form));
            assert_eq!(Answer::parse(&[&message[..], &[0]].concat()), Err(AgentError::Form));
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back(which in 0..4usize, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut message = answers()[which].to_bytes();
            let at = at.index(message.len());
            message[at] = byte;
            if let Ok(answer) = Answer::parse(&message) {
                prop_assert_eq!(answer.to_bytes(), message);
            }
        }

        #[test]
        fn never_panics(number in 0..20u8, fields in proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..200)) {
            _ = Answer::parse(&[&[number][..], &fields].concat());
        }
    }
}
