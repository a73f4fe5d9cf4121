//! Many transactions under way at a time: the oldest is waited for when the window is full.

use std::collections::VecDeque;
use std::time::Duration;

use dirchain_ledger::action::Action;
use dirchain_ledger::transaction::SignedTransaction;

use super::{Author, AuthorError, Client, ClientError, Outcome};

/// How long one transaction may take to be decided.
const PATIENCE: Duration = Duration::from_secs(120);

/// A transaction that is decided, with what its sender tied to it.
#[derive(Clone, Debug)]
pub struct Sent<T> {
    /// What was tied to it.
    pub tag: T,
    /// What became of it; [`Outcome::Waiting`] only when patience ran out.
    pub outcome: Outcome,
}

/// Transactions on their way, in the order they were submitted.
#[derive(Debug)]
pub struct Pipeline<'c, T> {
    client: &'c Client,
    window: usize,
    under_way: VecDeque<(SignedTransaction, T)>,
    decided: Vec<Sent<T>>,
}

impl<'c, T> Pipeline<'c, T> {
    /// A pipeline with at most `window` transactions under way.
    pub fn new(client: &'c Client, window: usize) -> Self {
        Self {
            client,
            window: window.max(1),
            under_way: VecDeque::new(),
            decided: Vec::new(),
        }
    }

    /// Signs and submits, waiting for the oldest where the window is full. A refusal at the door is
    /// an error; a later one is among what was decided.
    pub fn send(
        &mut self,
        author: &mut Author,
        actions: Vec<Action>,
        tag: T,
    ) -> Result<(), AuthorError> {
        self.send_or_return(author, actions, tag)
            .map_err(|(_, error)| error)
    }

    /// As [`Pipeline::send`], with the tag handed back where it fails.
    pub fn send_or_return(
        &mut self,
        author: &mut Author,
        actions: Vec<Action>,
        tag: T,
    ) -> Result<(), (T, AuthorError)> {
        while self.under_way.len() >= self.window {
            if let Err(error) = self.wait_for_oldest() {
                return Err((tag, error.into()));
            }
        }
        match author.submit(self.client, actions) {
            Ok(transaction) => {
                self.under_way.push_back((transaction, tag));
                Ok(())
            }
            Err(error) => Err((tag, error)),
        }
    }

    /// Takes what was decided so far, in the order of submission.
    pub fn take_decided(&mut self) -> Vec<Sent<T>> {
        std::mem::take(&mut self.decided)
    }

    /// Waits until everything under way is decided.
    pub fn finish(&mut self) -> Result<(), ClientError> {
        while !self.under_way.is_empty() {
            self.wait_for_oldest()?;
        }
        Ok(())
    }

    fn wait_for_oldest(&mut self) -> Result<(), ClientError> {
        if let Some((transaction, _)) = self.under_way.front() {
            let outcome = self.client.wait_for(transaction, PATIENCE)?;
            if let Some((_, tag)) = self.under_way.pop_front() {
                self.decided.push(Sent { tag, outcome });
            }
        }
        Ok(())
    }
}
