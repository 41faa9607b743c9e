//! The binary `crm`, end to end.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod house;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod real_data;

#[cfg(test)]
use house::House;
