//! The test vectors of the standard (Web Authentication Level 3, 16), and each check with one fact that is wrong.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use minicbor::Encoder;
use proptest::prelude::*;

use super::*;
use crate::domain::Timestamp;

const USER: &[u8] = b"opaque";

fn bytes(hex: &str) -> Box<[u8]> {
    let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap_or_default()).collect()
}

fn challenge(hex: &str) -> Challenge {
    Challenge((*bytes(hex)).try_into().expect("32 bytes"))
}

fn passkey(id: &[u8], key: &[u8]) -> Passkey {
    let (name, created) = ("phone".into(), Timestamp::default());
    Passkey { id: id.into(), key: key.into(), count: 0, name, created, used: None }
}

fn example_org() -> RelyingParty {
    RelyingParty::of(Some("https://example.org")).expect("a server that browsers offer passkeys at")
}

/// What begins authenticator data of example.org.
const EXAMPLE_ORG: &str = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5";

/// What the standard says that a browser sends for a passkey's answer.
struct Vector {
    challenge: &'static str,
    flags: u8,
    client_data: &'static str,
    signature: &'static str,
}

impl Vector {
    fn answer(&self, id: &[u8]) -> Assertion {
        let data = format!("{EXAMPLE_ORG}{:02x}00000000", self.flags);
        let (client_data, signature) = (bytes(self.client_data), bytes(self.signature));
        Assertion { id: id.into(), client_data, authenticator_data: bytes(&data), signature, user: Box::default() }
    }

    /// That it holds as it is, and not with another signature.
    fn holds(&self, key: &Passkey) {
        let (server, challenge) = (example_org(), challenge(self.challenge));
        let mut answer = self.answer(&key.id);
        assert_eq!(server.verify(&answer, &challenge, Some(key), USER), Ok(0));
        let last = answer.signature.len() - 1;
        answer.signature[last] ^= 1;
        assert_eq!(server.verify(&answer, &challenge, Some(key), USER), Err(Refused::Signature));
    }
}

/// 16.2 "none.ES256" and 16.3 "packed-self.ES256": registered, then used.
#[test]
fn the_standard_s_es256_vectors_hold() {
    let first = (
        "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e636\
         47134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c65\
         2e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206\
         d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c2073\
         75636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
        "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a\
         5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad\
         94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930\
         a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
        Vector {
            challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
            flags: 0x19,
            client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c\
                          5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268\
                          747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
            signature: "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b9353\
                        8174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
        },
    );
    let second = (
        "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a5\
         06a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c65\
         2e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206\
         d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c2073\
         75636820617320746869733a205539685458764b453255526b4d6e625f307859485667227d",
        "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c9212003158\
         1c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461\
         746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab516977915\
         06cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc\
         651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e18\
         3fee484f2",
        Vector {
            challenge: "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b",
            flags: 0x09,
            client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e49\
                          3352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268\
                          747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261\
                          44617461223a22636c69656e74446174614a534f4e206d617920626520657874656e646564207769746820616464\
                          6974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754\
                          623533727a36456853576f6d58477a696d433151227d",
            signature: "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061\
                        b3b99772b7efd95994a83ef584b3b6b825ea3550251b66",
        },
    );
    for (asked, client_data, object, used) in [first, second] {
        let answer = Attestation { client_data: bytes(client_data), object: bytes(object) };
        let made = example_org().register(&answer, &challenge(asked)).expect("the standard says so");
        assert_eq!((made.id.len(), made.count), (32, 0));
        used.holds(&passkey(&made.id, &made.key));
        assert_eq!(example_org().register(&answer, &challenge(used.challenge)).err(), Some(Refused::Challenge));
    }
}

/// 16.11, "packed.EdDSA".
#[test]
fn the_standard_s_eddsa_vector_holds() {
    let key = "a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832";
    let used = Vector {
        challenge: "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
        flags: 0x01,
        client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44\
                      534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a226874747073\
                      3a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
        signature: "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6\
                    607525713223a0dc0d453993dae00b",
    };
    used.holds(&passkey(&[1], &bytes(key)));
}

/// 16.10, "packed.RS256": its modulus is the product of the Mersenne primes of 1279 and 2203 bits.
#[test]
fn the_standard_s_rs256_vector_holds() {
    let mut modulus = [0_u8; 436];
    for bit in (1279..=3481).filter(|bit| *bit != 2203).chain([0]) {
        modulus[435 - bit / 8] |= 1 << (bit % 8);
    }
    let used = Vector {
        challenge: "295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5",
        flags: 0x19,
        client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224b56395a3966715035697861\
                      7970346e596d7834794e6f33617562597a5333536d75757459423462784d55222c226f726967696e223a226874747073\
                      3a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
        signature: "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118\
                    c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa4\
                    4891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a\
                    8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8\
                    773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298\
                    f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0b\
                    f2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98ce\
                    e8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df\
                    5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6",
    };
    used.holds(&passkey(&[1], &rsa(&modulus, &[1, 0, 1])));
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let mut key = Encoder::new(Vec::new());
    let written = key.map(4).and_then(|key| key.i64(1)?.i64(3)?.i64(3)?.i64(-257)?.i64(-1)?.bytes(modulus));
    written.and_then(|key| key.i64(-2)?.bytes(exponent)).expect("memory");
    key.into_writer()
}

/// An authenticator and the browser before it, and what is true of them: all of it right, but for what a test changes.
#[derive(Clone)]
struct Facts {
    kind: &'static str,
    challenge: [u8; 32],
    origin: &'static str,
    more: &'static str,
    rp_id: &'static str,
    flags: u8,
    count: u32,
    id: Vec<u8>,
    user: &'static [u8],
    /// Behind the authenticator data.
    rest: &'static [u8],
    label: i64,
    algorithm: i64,
}

const CHALLENGE: [u8; 32] = [7; 32];

fn facts(kind: &'static str) -> Facts {
    Facts {
        kind,
        challenge: CHALLENGE,
        origin: "https://login.example.org:8443",
        more: "",
        rp_id: "login.example.org",
        flags: 0x01,
        count: 3,
        id: vec![1; 16],
        user: USER,
        rest: &[],
        label: -1,
        algorithm: -7,
    }
}

fn server() -> RelyingParty {
    RelyingParty::of(Some("https://login.example.org:8443/gate")).expect("a server that browsers offer passkeys at")
}

struct Authenticator(EcdsaKeyPair);

impl Authenticator {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"))
    }

    fn key(&self, facts: &Facts) -> Vec<u8> {
        let point = self.0.public_key().as_ref();
        let mut key = Encoder::new(Vec::new());
        let written =
            key.map(5).and_then(|key| key.i64(1)?.i64(2)?.i64(3)?.i64(facts.algorithm)?.i64(facts.label)?.i64(1));
        written.and_then(|key| key.i64(-2)?.bytes(&point[1..33])?.i64(-3)?.bytes(&point[33..])).expect("memory");
        key.into_writer()
    }

    fn client_data(facts: &Facts) -> Box<[u8]> {
        let Facts { kind, origin, more, .. } = facts;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(facts.challenge);
        let text = format!("{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\"{more}}}");
        text.into_bytes().into()
    }

    fn data(facts: &Facts) -> Vec<u8> {
        let hash = digest(&SHA256, facts.rp_id.as_bytes());
        [hash.as_ref(), &[facts.flags], &facts.count.to_be_bytes()].concat()
    }

    fn registers(&self, facts: &Facts) -> Result<NewKey, Refused> {
        let length = u16::try_from(facts.id.len()).expect("short").to_be_bytes();
        let data = [&Self::data(facts)[..], &[0; 16], &length, &facts.id, &self.key(facts), facts.rest].concat();
        let mut object = Encoder::new(Vec::new());
        let written = object.map(3).and_then(|object| object.str("fmt")?.str("none")?.str("attStmt")?.map(0));
        written.and_then(|object| object.str("authData")?.bytes(&data)).expect("memory");
        let answer = Attestation { client_data: Self::client_data(facts), object: object.into_writer().into() };
        server().register(&answer, &Challenge(CHALLENGE))
    }

    fn answers(&self, facts: &Facts) -> Assertion {
        let (client_data, data) = (Self::client_data(facts), [&Self::data(facts), facts.rest].concat());
        let signed = [&data[..], digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.0.sign(&SystemRandom::new(), &signed).expect("a signature").as_ref().into();
        let (id, user) = (facts.id.clone().into(), facts.user.into());
        Assertion { id, client_data, authenticator_data: data.into(), signature, user }
    }

    fn uses(&self, facts: &Facts) -> Result<u32, Refused> {
        let known = facts_of_get();
        let held = passkey(&known.id, &self.key(&known));
        server().verify(&self.answers(facts), &Challenge(CHALLENGE), Some(&held), USER)
    }
}

fn facts_of_get() -> Facts {
    facts("webauthn.get")
}

/// One fact that is wrong, and the check that finds it.
type Wrong = (fn(&mut Facts), Refused);

/// What is checked in both ceremonies.
const WRONG: [Wrong; 16] = [
    (|facts| facts.kind = "webauthn.other", Refused::Type),
    (|facts| facts.kind = "payment.get", Refused::Type),
    (|facts| facts.challenge[31] ^= 1, Refused::Challenge),
    (|facts| facts.origin = "https://login.example.org", Refused::Origin),
    (|facts| facts.origin = "http://login.example.org:8443", Refused::Origin),
    (|facts| facts.origin = "https://evil.login.example.org:8443", Refused::Origin),
    (|facts| facts.more = ",\"crossOrigin\":true", Refused::CrossOrigin),
    (|facts| facts.more = ",\"topOrigin\":\"https://login.example.org:8443\"", Refused::CrossOrigin),
    (|facts| facts.more = ",\"type\":\"webauthn.get\"", Refused::ClientData),
    (|facts| facts.more = ",", Refused::ClientData),
    (|facts| facts.more = ",\"crossOrigin\":\"no\"", Refused::ClientData),
    (|facts| facts.rp_id = "example.org", Refused::RelyingParty),
    (|facts| facts.flags &= !1, Refused::NotPresent),
    (|facts| facts.flags |= 1 << 4, Refused::BackedUp),
    (|facts| facts.rest = &[0xa0], Refused::AuthenticatorData),
    (|facts| facts.flags |= 1 << 7, Refused::AuthenticatorData),
];

/// What is no mistake: flags, counts, extensions and members that nobody asked for.
const RIGHT: [fn(&mut Facts); 5] = [
    |_| {},
    |facts| facts.flags |= 1 << 2 | 1 << 3 | 1 << 4,
    |facts| facts.more = ",\"crossOrigin\":false,\"other\":{\"a\":[1]}",
    |facts| (facts.flags, facts.rest) = (facts.flags | 1 << 7, &[0xa1, 0x61, 0x78, 0xf5]),
    |facts| facts.count = u32::MAX,
];

#[test]
fn a_passkey_is_registered_unless_one_fact_is_wrong() {
    let authenticator = Authenticator::new();
    let all = || Facts { flags: 0x41, ..facts("webauthn.create") };
    for change in RIGHT {
        let mut facts = all();
        change(&mut facts);
        let made = authenticator.registers(&facts).expect("nothing is wrong");
        assert_eq!((&*made.id, &*made.key, made.count), (&*facts.id, &*authenticator.key(&facts), facts.count));
    }
    let own: [Wrong; 8] = [
        (|facts| facts.kind = "webauthn.get", Refused::Type),
        (|facts| facts.flags &= !(1 << 6), Refused::AuthenticatorData),
        (|facts| facts.id.clear(), Refused::Id),
        (|facts| facts.id.resize(1024, 1), Refused::Id),
        (|facts| facts.algorithm = -35, Refused::PublicKey),
        (|facts| facts.algorithm = -257, Refused::PublicKey),
        (|facts| facts.label = 3, Refused::PublicKey),
        (|facts| facts.label = -4, Refused::PublicKey),
    ];
    for (number, (change, why)) in WRONG.into_iter().chain(own).enumerate() {
        let mut facts = all();
        change(&mut facts);
        assert_eq!(authenticator.registers(&facts).err(), Some(why), "fact {number}");
    }
    let longest = Facts { id: vec![1; 1023], ..all() };
    assert!(authenticator.registers(&longest).is_ok());
}

#[test]
fn a_passkey_answers_unless_one_fact_is_wrong() {
    let authenticator = Authenticator::new();
    for change in RIGHT {
        let mut facts = facts_of_get();
        change(&mut facts);
        assert_eq!(authenticator.uses(&facts), Ok(facts.count));
    }
    assert_eq!(authenticator.uses(&Facts { user: b"", ..facts_of_get() }), Ok(3), "it need not say whose it is");
    let own: [Wrong; 4] = [
        (|facts| facts.kind = "webauthn.create", Refused::Type),
        (|facts| facts.id[0] ^= 1, Refused::Unknown),
        (|facts| facts.user = b"another", Refused::OtherPerson),
        (|facts| facts.flags |= 1 << 6, Refused::AuthenticatorData),
    ];
    for (number, (change, why)) in WRONG.into_iter().chain(own).enumerate() {
        let mut facts = facts_of_get();
        change(&mut facts);
        assert_eq!(authenticator.uses(&facts), Err(why), "fact {number}");
    }
}

#[test]
fn what_is_signed_is_the_whole_of_it_by_the_key_of_that_passkey() {
    let (authenticator, facts) = (Authenticator::new(), facts_of_get());
    let held = passkey(&facts.id, &authenticator.key(&facts));
    let verify = |answer: &Assertion, held| server().verify(answer, &Challenge(CHALLENGE), held, USER);
    let answer = || authenticator.answers(&facts);
    assert_eq!(verify(&answer(), Some(&held)), Ok(3));
    assert_eq!(verify(&answer(), None), Err(Refused::Unknown));
    let other = passkey(&facts.id, &Authenticator::new().key(&facts));
    assert_eq!(verify(&answer(), Some(&other)), Err(Refused::Signature));
    let mut changed = answer();
    changed.authenticator_data[36] ^= 1;
    assert_eq!(verify(&changed, Some(&held)), Err(Refused::Signature), "the count");
    let mut changed = answer();
    changed.client_data = [&changed.client_data[..], b" "].concat().into();
    assert_eq!(verify(&changed, Some(&held)), Err(Refused::Signature), "the client data");
    let changed = Assertion { signature: Box::default(), ..answer() };
    assert_eq!(verify(&changed, Some(&held)), Err(Refused::Signature), "none");
}

#[test]
fn keys_are_bounded_and_of_the_algorithms_that_are_asked_for() {
    let good = |modulus: usize, exponent: &[u8]| {
        public_key::parse(&rsa(&[&[0x80], &*vec![1; modulus - 1]].concat(), exponent))
    };
    assert!(good(256, &[1, 0, 1]).is_some() && good(512, &[1, 0, 1]).is_some());
    assert!(good(255, &[1, 0, 1]).is_none() && good(513, &[1, 0, 1]).is_none() && good(256, &[1; 5]).is_none());
    let facts = facts("webauthn.create");
    let mut key = Authenticator::new().key(&facts);
    assert!(public_key::parse(&key).is_some() && public_key::parse(&[&key[..], &[0]].concat()).is_none());
    let last = key.len() - 1;
    key[last] ^= 1;
    assert!(public_key::parse(&key).is_none(), "no point of the curve");
}

#[test]
fn passkeys_take_a_name_by_https_or_localhost() {
    let of = |url| RelyingParty::of(url).map(|server| (server.id().to_owned(), server.origin.to_string()));
    let is = |id: &str, origin: &str| Some((id.to_owned(), origin.to_owned()));
    assert_eq!(of(Some("https://login.example.org/gate")), is("login.example.org", "https://login.example.org"));
    assert_eq!(of(Some("https://login.example.org:8443")), is("login.example.org", "https://login.example.org:8443"));
    assert_eq!(of(Some("http://localhost:8080")), is("localhost", "http://localhost:8080"));
    for none in ["http://login.example.org", "https://192.0.2.1", "https://[::1]", "http://127.0.0.1:8080", "no URL"] {
        assert_eq!(of(Some(none)), None, "{none}");
    }
    assert_eq!(of(None), None);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(
        client_data in any::<Vec<u8>>(),
        data in any::<Vec<u8>>(),
        damage in any::<(prop::sample::Index, u8)>(),
    ) {
        let answer = Attestation { client_data: client_data.into(), object: data.clone().into() };
        prop_assert!(server().register(&answer, &Challenge(CHALLENGE)).is_err());
        let _ = (AuthenticatorData::parse(&data), attested(&data));
        prop_assert!(public_key::parse(&data).is_none());
        let mut key = rsa(&[0x81; 256], &[1, 0, 1]);
        *damage.0.get_mut(&mut key) = damage.1;
        let _without_a_panic = public_key::parse(&key);
    }
}
