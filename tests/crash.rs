//! Power cuts, full and failing disks, and kills, at every step of everything that writes: docs/durability.md.

mod counts;
mod faults;
mod full_disk;
mod judge;
mod model;
mod moves;
mod script;
mod sweep;
