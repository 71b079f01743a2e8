use access::{Role, Tokens};
use anyhow::Context;
use chrono::TimeDelta;
use clap::ValueEnum;

use super::say;
use crate::clock;
use crate::data_folder::DataFolder;
use crate::secrets::Secrets;

/// What to sign.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The role it stands for.
    #[arg(value_enum)]
    role: RoleName,
    /// Whose it is; opaque, not a name.
    #[arg(long, default_value = "cli")]
    subject: String,
    /// How many days it lasts.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=365))]
    days: u16,
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: std::path::PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Customer,
    TravelAgent,
    Seller,
    Auditor,
    Operator,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Customer => Self::Customer,
            RoleName::TravelAgent => Self::TravelAgent,
            RoleName::Seller => Self::Seller,
            RoleName::Auditor => Self::Auditor,
            RoleName::Operator => Self::Operator,
        }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let data = DataFolder::locate(&options.data)?;
    let tokens = Tokens::new(&Secrets::token_secret(&data)?);
    let days = TimeDelta::days(options.days.into());
    say(sign(&tokens, &options.subject, options.role.into(), days)?);
    Ok(())
}

/// A token from now on.
pub(crate) fn sign(
    tokens: &Tokens,
    subject: &str,
    role: Role,
    lasts: TimeDelta,
) -> anyhow::Result<String> {
    let expires_at = (clock::now() + lasts).timestamp();
    tokens.issue(subject, role, expires_at).context("cannot sign a token")
}
