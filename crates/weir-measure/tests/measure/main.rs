//! Measuring real trees and real repositories, with git itself as the judge.

#[cfg(test)]
mod plans;
#[cfg(test)]
mod pushes;
#[cfg(test)]
mod repositories;
#[cfg(test)]
mod trees;
#[cfg(test)]
mod world;
