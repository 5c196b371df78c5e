//! ESDK message bytes and our own v1 records, to and from structs. No keys, I/O, clock or random source.
