//! Bytes to values and back; one file is one section of `schemas/SPEC.md`.
