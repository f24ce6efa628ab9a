//! Why a server of any API cannot be used as it is configured. No text holds a secret.

use crate::auth::login::LoginError;
use crate::auth::token::TokenError;
use crate::client::RootsError;
use crate::config::secret_source::SecretError;
use crate::config::server::AuthFileError;

/// Why a server cannot be used. The text holds no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// The file of root certificates cannot be used.
    #[error("`ca`: {file}: {error}")]
    Roots {
        /// Its name.
        file: String,
        /// What is wrong.
        error: RootsError,
    },
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Credentials do not fit the contract.
    #[error("the credentials `{scheme}` {error}")]
    Credential {
        /// The name of the security scheme.
        scheme: String,
        /// What is wrong.
        error: CredentialError,
    },
    /// A header field cannot be sent.
    #[error("`{0}` cannot be sent as a header field")]
    Header(String),
    /// The file of users cannot be used.
    #[error(transparent)]
    Auth(#[from] AuthFileError),
    /// What is secret would be sent in clear.
    #[error(
        "credentials are never sent without TLS: use https://, or say both `insecure = true` in the target and --insecure"
    )]
    Open,
    /// No scenario could be let in.
    #[error(
        "the contract asks for the credentials {asked}, and there are none for this target; give them as --header 'Name: value', with \
         --auth FILE, or in flowproof.toml as [targets.NAME.credentials.SCHEME]"
    )]
    NoCredentials {
        /// The security schemes that are asked for.
        asked: String,
    },
}

/// Why a request cannot be let in. The text holds no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdmissionError {
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The user cannot be signed in.
    #[error(transparent)]
    Login(#[from] LoginError),
}

/// Why credentials do not fit the contract.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    /// There is no such scheme.
    #[error("belong to no security scheme of the contract; it has {0}")]
    Unknown(String),
    /// They are of another kind.
    #[error("are of another kind than the contract's, which takes {0}")]
    Kind(&'static str),
    /// Nobody says where tokens come from.
    #[error("need a `token-url`: the contract names no token endpoint for client credentials")]
    NoTokenUrl,
    /// It cannot be used.
    #[error("cannot be used: the token endpoint `{0}` is no URL, or has no TLS")]
    TokenUrl(String),
}
