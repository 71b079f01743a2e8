use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::Role;

const ISSUER: &str = "holdfast";
const AUDIENCE: &str = "holdfast-api";

/// Signs and verifies bearer tokens (JWT, HS256): algorithm, issuer, audience and expiry pinned.
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose token it is. Opaque.
    pub subject: String,
    /// In which role.
    pub role: Role,
}

/// A token that proves nothing.
#[derive(Debug, thiserror::Error)]
#[error("the token is not valid: {0}")]
pub struct InvalidToken(String);

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    role: Role,
    exp: i64,
}

impl Tokens {
    /// Tokens signed with a secret of at least 32 random bytes.
    pub fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A token for a subject in a role, until `expires_at` (Unix seconds).
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn issue(
        &self,
        subject: &str,
        role: Role,
        expires_at: i64,
    ) -> Result<String, InvalidToken> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: subject.into(),
            role,
            exp: expires_at,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .map_err(|error| InvalidToken(error.to_string()))
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// When it was not signed here, is too old, or is for something else.
    pub fn verify(&self, token: &str) -> Result<Caller, InvalidToken> {
        let claims = decode::<Claims>(token, &self.verifying, &self.validation)
            .map_err(|error| InvalidToken(error.to_string()))?
            .claims;
        if claims.sub.is_empty() || claims.sub.len() > 100 {
            return Err(InvalidToken("InvalidSubject".into()));
        }
        Ok(Caller { subject: claims.sub, role: claims.role })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: i64 = 4_000_000_000;

    fn tokens() -> Tokens {
        Tokens::new(&[7; 32])
    }

    #[test]
    fn a_token_names_its_subject_and_role() {
        for role in Role::ALL {
            let token = tokens().issue("someone", role, LATER).unwrap();
            let caller = tokens().verify(&token).unwrap();
            assert_eq!(caller, Caller { subject: "someone".into(), role });
        }
    }

    #[test]
    fn a_token_of_another_secret_or_age_is_refused() {
        let token = Tokens::new(&[8; 32]).issue("someone", Role::Operator, LATER).unwrap();
        assert!(tokens().verify(&token).is_err());
        let token = tokens().issue("someone", Role::Operator, 1_000_000_000).unwrap();
        assert!(tokens().verify(&token).is_err());
        let token = tokens().issue("", Role::Operator, LATER).unwrap();
        assert!(tokens().verify(&token).is_err());
    }

    #[test]
    fn a_token_without_or_with_another_algorithm_issuer_or_audience_is_refused() {
        // {"alg":"none"} . {"iss":"holdfast","aud":"holdfast-api","sub":"a","role":"operator",…}
        let none = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJob2xkZmFzdCIsImF1ZCI6ImhvbGRmYXN0LWFwaSIsInN1YiI6ImEiLCJyb2xlIjoib3BlcmF0b3IiLCJleHAiOjQwMDAwMDAwMDB9.";
        assert!(tokens().verify(none).is_err());
        for (algorithm, iss, aud) in [
            (Algorithm::HS512, ISSUER, AUDIENCE),
            (Algorithm::HS256, "someone", AUDIENCE),
            (Algorithm::HS256, ISSUER, "something"),
        ] {
            let claims = Claims {
                iss: iss.into(),
                aud: aud.into(),
                sub: "someone".into(),
                role: Role::Operator,
                exp: LATER,
            };
            let key = EncodingKey::from_secret(&[7; 32]);
            let token = encode(&Header::new(algorithm), &claims, &key).unwrap();
            assert!(tokens().verify(&token).is_err(), "{algorithm:?} {iss} {aud}");
        }
    }
}
