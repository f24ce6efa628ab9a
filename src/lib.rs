

pub mod client;
