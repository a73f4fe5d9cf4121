//! Blocks of free TCP ports, below those that the system hands out by itself.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports in a block: four nodes on the network, four over HTTP, and as many again for guests.
const BLOCK_COUNT: u16 = 16;
const FIRST: u16 = 20_000;
const BLOCKS: u16 = 700;

/// A block of ports nobody listened on when it was taken.
#[derive(Copy, Clone, Debug)]
pub struct Ports {
    base: u16,
}

impl Ports {
    /// Finds a free block, another one each time.
    ///
    /// # Panics
    ///
    /// When none is free.
    pub fn take() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Two test processes at a time begin at different places.
        let offset = u16::try_from(std::process::id() % u32::from(BLOCKS)).unwrap_or(0);
        for _ in 0..BLOCKS {
            let block = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(offset) % BLOCKS;
            let base = FIRST + block * BLOCK_COUNT;
            let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
            if (base..base + BLOCK_COUNT).all(is_free) {
                return Self { base };
            }
        }
        panic!("no block of {BLOCK_COUNT} free ports from {FIRST} on");
    }

    /// The first node's port on the network; the others' follow.
    pub fn network_base(&self) -> u16 {
        self.base
    }

    /// The first node's HTTP port; the others' follow.
    pub fn http_base(&self) -> u16 {
        self.base + 4
    }

    /// A port that no node of the city has.
    pub fn spare(&self, index: u16) -> u16 {
        assert!(index < BLOCK_COUNT - 8, "a block has fewer spare ports");
        self.base + 8 + index
    }
}
