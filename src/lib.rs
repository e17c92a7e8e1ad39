//! whale-classify: says why each tool call in a coding agent's session log failed.

pub mod classify;
pub mod command;
pub mod event;
mod intern;
pub mod rules;
pub mod schema;
pub mod text;
pub mod time;
