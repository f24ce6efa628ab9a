
pub mod tenant;
