//! An API of one's own: a document and a server that have nothing to do with PingOne, run without a client that was generated.
//!
//! Deliberately not here: what recordings of other APIs come to (`contract_files`, `handed`).

mod lifecycle;
mod openapi_31;
mod overlay;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::{code, folder, journal, program, records, said, stderr};

const CONTRACT: &str = include_str!("own_api/contract.yaml");

/// A folder with the contract and these files.
fn with_files(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = folder(&format!("own-api/{name}"));
    for (path, text) in [("library.yaml", CONTRACT)].iter().chain(files) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn flowproof(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command.current_dir(folder).args(["--color", "never"]).args(arguments);
    command.env("LIBRARY_TOKEN", "t0ken-from-the-environment").env("LIBRARY_PASSWORD", "Pa55-of-anna");
    command.env("LIBRARY_KEY", "k3y-of-the-library").output().expect("the program runs")
}

/// Runs the scenarios of a folder against the library.
fn runs(folder: &Path, more: &[&str]) -> Output {
    let url = server::url();
    flowproof(folder, &[&["run", "--contract", "library.yaml", "--target", &url], more].concat())
}

#[track_caller]
fn assert_passes(output: &Output) {
    assert_eq!(code(output), 0, "{}", said(output));
}

const STYLES: &str = r#"
scenario: Parameters are written in every style
steps:
  - call: readEcho
    path: { plain: "a b/c", list: [1, 2], label: { R: 100, G: 200 }, matrix: [x, "y,z"] }
    query: { ids: [3, 4], tags: [a, b], filter: { year: 1965 }, where: { year: 1965 }, limit: 10 }
    headers: { X-Parts: [one, two] }
    cookies: { session: "s;1" }
    expect:
      body:
        /path: "/v1/echo/a%20b%2Fc/1,2/.R=100.G=200/;matrix=x,y%2Cz"
        /query: "ids=3&ids=4&tags=a%7Cb&filter%5Byear%5D=1965&where=%7B%22year%22%3A1965%7D&limit=10"
        /fields/x-parts: "one,two"
        /fields/cookie: { present: true }
"#;

const BODIES: &str = r#"
scenario: Bodies are written in the media type of their operation
steps:
  - call: sendJson
    body: { title: Dune, year: 1965 }
    expect: { body: { /text: '{"title":"Dune","year":1965}', /fields/content-type: application/json } }
  - call: sendBody (application/x-www-form-urlencoded)
    body: { title: "Dune & more", tags: [a, b] }
    expect: { body: { /text: "title=Dune+%26+more&tags=a&tags=b" } }
  - call: sendBody (multipart/form-data)
    body: { title: Dune, cover: { base64: UE5H }, about: { year: 1965 } }
    expect:
      body:
        /fields/content-type: { matches: '^multipart/form-data; boundary=flowproof-' }
        /text: { matches: 'name="title"\r\n\r\nDune\r\n(.|\r|\n)*name="cover"; filename="cover"\r\nContent-Type: application/octet-stream\r\n\r\nPNG\r\n(.|\r|\n)*Content-Type: application/json\r\n\r\n\{"year":1965\}' }
  - call: sendBody (text/plain)
    body: just words
    expect: { body: { /text: just words, /fields/content-type: text/plain } }
  - call: sendBody (application/octet-stream)
    body: { base64: UE5H }
    expect: { body: { /text: PNG } }
  - call: GET /echo/unnamed
"#;

#[test]
fn a_document_of_any_api_is_run_and_its_requests_are_written_as_it_says() {
    let folder = with_files("requests", &[("cases/styles.yaml", STYLES), ("cases/bodies.yaml", BODIES)]);
    assert_passes(&runs(&folder, &[]));
    let ran = journal(&folder.join("reports/latest"));
    assert!(ran.header().notes.iter().any(|note| note.contains("`typed-decode` is not evaluated")), "{ran:?}");
    assert_eq!((ran.header().target.kind.as_str(), records(&ran).len()), ("server", 2));
}

#[test]
fn an_answer_that_breaks_the_document_fails() {
    let case = "scenario: A book\nsteps:\n  - call: readBook\n    path: { id: 2 }\n";
    let output = runs(&with_files("broken", &[("cases/book.yaml", case)]), &[]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains("response-schema"), "{}", said(&output));
}

#[test]
fn arguments_that_do_not_fit_are_refused_before_they_are_sent() {
    let echo = "call: readEcho\n    path: { plain: a, list: [1], label: { a: 1 }, matrix: [b] }\n    query: { limit: \"1{{n}}01\" }";
    for (name, step, why) in [
        ("limit", echo, "/parameters/limit: "),
        ("body", "call: sendJson\n    body: { title: Dune, year: \"{{n}}\" }", "/body/year: "),
        ("id", "call: readBook\n    path: { id: \"{{n}}x\" }", "/parameters/id: "),
    ] {
        let read = "call: readBook\n    path: { id: 1 }\n    save: { n: /id }";
        let case = format!("scenario: Wrong\nsteps:\n  - {read}\n  - {step}\n");
        let output = runs(&with_files(&format!("unfit-{name}"), &[("cases/wrong.yaml", &case)]), &[]);
        assert_eq!(code(&output), 3, "{}", said(&output));
        assert!(said(&output).contains(&format!("nothing was sent: {why}")), "{name}: {}", said(&output));
    }
    let meant = "scenario: Wrong on purpose\nsteps:\n  - call: sendJson\n    body: { title: 7 }\n    invalid: true\n";
    assert_passes(&runs(&with_files("unfit-on-purpose", &[("cases/wrong.yaml", meant)]), &[]));
}

const CREDENTIALS: &str = r#"
contract = "library.yaml"

[targets.local]
url = "URL"

[targets.local.credentials.bearerAuth]
token = { env = "LIBRARY_TOKEN" }

[targets.local.credentials.basicAuth]
username = "anna"
password = { env = "LIBRARY_PASSWORD" }

[targets.local.credentials.headerKey]
value = { env = "LIBRARY_KEY" }

[targets.local.credentials.queryKey]
value = { env = "LIBRARY_KEY" }

[targets.local.credentials.cookieKey]
value = { env = "LIBRARY_KEY" }

[targets.local.credentials.oauth]
client-id = "flowproof"
client-secret = { env = "LIBRARY_PASSWORD" }
scope = "read"

[targets.local.headers]
X-Tenant = "t-1"

[targets.local.facts]
shelf = "sf-7"
"#;

const SECURED: &str = r#"
scenario: Every security scheme lets us in
steps:
  - call: bearer
    path: { scheme: "{{facts.shelf}}" }
    expect: { body: { /path: /v1/secured/sf-7, /tenant: t-1 } }
  - call: basic
    path: { scheme: basic }
  - call: keys
    path: { scheme: keys }
  - call: oauth
    path: { scheme: oauth }
  - call: bearer
    path: { scheme: none }
    without: [authorization]
    expect: { status: 401 }
"#;

#[test]
fn credentials_come_from_the_configuration_by_the_names_of_the_security_schemes_and_are_never_written() {
    let configuration = CREDENTIALS.replace("URL", &server::url());
    let folder = with_files("credentials", &[("flowproof.toml", &configuration), ("cases/secured.yaml", SECURED)]);
    let output = flowproof(&folder, &["run"]);
    assert_passes(&output);
    let written = fs::read_to_string(folder.join("reports/latest/journal.jsonl")).expect("a journal");
    let encoded = "YW5uYTpQYTU1LW9mLWFubmE=";
    for secret in ["t0ken-from-the-environment", "Pa55-of-anna", "k3y-of-the-library", server::TOKEN, encoded] {
        assert!(!written.contains(secret), "{secret} is written");
        assert!(!said(&output).contains(secret), "{secret} is shown");
    }
    for command in [&["lint"][..], &["coverage"], &["requirements"], &["explain", "readBook"], &["audit"], &["targets"]]
    {
        let output = flowproof(&folder, command);
        assert!(matches!(code(&output), 0 | 1), "{command:?}: {}", said(&output));
        assert!(!said(&output).contains("envID"), "{command:?}: {}", said(&output));
    }
    let output = flowproof(&folder, &["doctor", "--target", "local"]);
    assert_passes(&output);
    assert!(said(&output).contains("it answers, with status 404"), "{}", said(&output));
    assert!(said(&flowproof(&folder, &["explain", "readBook"])).contains("GET /books/{id}"));
}

#[test]
fn operations_go_to_their_own_servers_where_the_document_is_followed_or_the_target_names_them() {
    let contract = |own: &str| {
        format!(
            "openapi: 3.0.3\ninfo: {{ title: Two, version: '1' }}\nservers: [{{ url: '{}' }}]\npaths:\n  /plain:\n    servers: [{{ url: '{own}' }}]\n    \
             get: {{ operationId: read, responses: {{ '200': {{ description: It. }}, '404': {{ description: None. }} }} }}\n",
            server::url()
        )
    };
    let case = |status| format!("scenario: It is there\nsteps:\n  - call: read\n    expect: {{ status: {status} }}\n");
    let run = |name: &str, own: &str, status: u16, arguments: &[&str]| {
        let files = [("two.yaml", contract(own)), ("cases/a.yaml", case(status))];
        let folder = with_files(name, &files.each_ref().map(|(path, text)| (*path, text.as_str())));
        let configuration = format!(
            "contract = \"two.yaml\"\n[targets.local]\nurl = \"{}\"\n[targets.local.servers]\n\"https://files.example/\" = \"{}/nowhere\"\n",
            server::url(),
            server::url()
        );
        fs::write(folder.join("local.toml"), configuration).expect("written");
        assert_passes(&flowproof(&folder, arguments));
    };
    run("own-server", "/nowhere", 404, &["run", "--contract", "two.yaml"]);
    run("own-server-named", "https://files.example/", 404, &["--config", "local.toml", "run"]);
    run("own-server-elsewhere", "https://other.example/", 200, &["--config", "local.toml", "run"]);
}

#[test]
fn a_header_of_the_command_line_lets_us_in_and_is_masked() {
    let case = "scenario: With a header\nsteps:\n  - call: bearer\n    path: { scheme: a }\n";
    let folder = with_files("header", &[("cases/secured.yaml", case)]);
    let port = format!("port={}", server::port());
    let header = "Authorization: Bearer t0ken-from-the-environment";
    let run = ["run", "--contract", "library.yaml", "--server-variable", &port, "--header", header];
    assert_passes(&flowproof(&folder, &run));
    let written = fs::read_to_string(folder.join("reports/latest/journal.jsonl")).expect("a journal");
    assert!(!written.contains("t0ken-from-the-environment"));
}

const USERS: &str = r#"
auth:
  - name: anna
    loginEndpointAuth:
      payloadUserPwd: { usernameField: user, username: anna, passwordField: password, password: Pa55-of-anna }
      contentType: application/json
      token: { extractFrom: body, extractSelector: /signedIn/token, sendIn: header, sendName: Authorization, sendTemplate: "Bearer {token}" }
  - name: by-cookie
    fixedHeaders: [{ name: X-Tenant, value: t3nant-of-anna }, { name: Cookie, value: fl4vour-of-anna=yes }]
    loginEndpointAuth: { headers: [{ name: X-Pin, value: 314159-of-anna }], expectCookies: true }
  - name: stranger
    loginEndpointAuth: { payloadRaw: '{"user": "bob", "password": "Pa55-of-bob"}', expectCookies: true }
authTemplate: { loginEndpointAuth: { endpoint: /login, verb: POST } }
"#;

/// What a run says and writes as a user of the file.
fn as_user(user: &str, case: &str) -> (Option<i32>, String) {
    let files = [("auth.yaml", USERS), ("cases/a.yaml", case)];
    let folder = with_files(&format!("auth-{user}"), &files);
    let output = runs(&folder, &["--auth", "auth.yaml", "--auth-user", user]);
    let written = fs::read_to_string(folder.join("reports/latest/journal.jsonl")).expect("a journal");
    for secret in ["Pa55-of-", "t0ken-from-the", "5e55ion-of", "t3nant-of", "fl4vour-of", "314159-of"] {
        assert!(!written.contains(secret) && !said(&output).contains(secret), "{user} {secret}: {}", said(&output));
    }
    (output.status.code(), said(&output))
}

#[test]
fn requests_are_sent_as_a_user_of_a_wfc_file_who_signs_in_once() {
    let secured = "scenario: As a user\nsteps:\n  - call: bearer\n    path: { scheme: a }\n  - call: bearer\n    path: { scheme: b }\n    \
                   without: [authorization]\n    expect: { status: 401 }\n";
    let (exit, said) = as_user("anna", secured);
    assert_eq!(exit, Some(0), "{said}");
    let echo = r#"
scenario: With cookies and header fields
steps:
  - call: sendJson
    body: { title: Dune }
    expect: { body: { /fields/cookie: { matches: "fl4vour.*; SESSION=5e55" }, /fields/x-tenant: { present: true } } }
"#;
    let (exit, said) = as_user("by-cookie", echo);
    assert_eq!(exit, Some(0), "{said}");
    let (exit, said) = as_user("stranger", secured);
    assert_eq!(exit, Some(3), "{said}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("authentication: the login at /login was answered with 403"), "{said}");
}

#[test]
fn a_file_of_users_may_be_named_in_the_configuration_and_init_writes_it_there() {
    let contract = small("[{ bearerAuth: [] }]");
    let users = USERS.replace("/login", "/v1/login");
    let folder = with_files("auth-init", &[("api.yaml", &contract), ("auth.yaml", &users)]);
    let output =
        flowproof(&folder, &["init", "--contract", "api.yaml", "--url", &server::url(), "--auth", "auth.yaml"]);
    assert_passes(&output);
    let configuration = fs::read_to_string(folder.join("flowproof.toml")).expect("it is written");
    assert!(configuration.contains("auth = { file = \"auth.yaml\" }"), "{configuration}");
    assert_passes(&flowproof(&folder, &["run"]));
    let nobody = configuration.replace("\"auth.yaml\" }", "\"auth.yaml\", user = \"nobody\" }");
    fs::write(folder.join("flowproof.toml"), nobody).expect("written");
    let output = flowproof(&folder, &["run"]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(
        said(&output).contains("there is no user `nobody`; there is `anna`, `by-cookie`, `stranger`"),
        "{}",
        said(&output)
    );
}

#[test]
fn what_cannot_be_run_is_refused_in_one_message() {
    let secured = "scenario: Secured\nsteps:\n  - call: bearer\n    path: { scheme: a }\n";
    let folder = with_files("refused", &[("cases/secured.yaml", secured), ("tab.yaml", "openapi: 3.0.3\n\tinfo: x\n")]);
    let nowhere = CONTRACT.replace("http://127.0.0.1:{port}/v1", "/v1");
    fs::write(folder.join("nowhere.yaml"), nowhere).expect("written");
    fs::write(folder.join("dangling.yaml"), CONTRACT.replace("schemas/Book\"", "schemas/Bok\"")).expect("written");
    fs::write(folder.join("later.yaml"), CONTRACT.replace("3.0.3", "3.2.0")).expect("written");
    fs::write(folder.join("swagger.yaml"), CONTRACT.replace("openapi: 3.0.3", "swagger: \"2.0\"")).expect("written");
    let url = server::url();
    let target = ["--target", &url];
    for (contract, more, exit, words) in [
        ("missing.yaml", &target[..], 2, "cannot read missing.yaml"),
        ("tab.yaml", &target, 2, "tab.yaml:2:2"),
        ("dangling.yaml", &target, 2, "Bok"),
        ("later.yaml", &target, 2, "3.2.0 is not supported; 3.0.x and 3.1.x are"),
        ("swagger.yaml", &target, 2, "this is Swagger \"2.0\", which is not supported"),
        ("nowhere.yaml", &[], 2, "names no server"),
        ("library.yaml", &["--target", "embedded"], 2, "name its server"),
        ("library.yaml", &["--target", "ftp://a.example"], 2, "not a URL of HTTP"),
        ("library.yaml", &["--server-variable", "prot=1"], 2, "no variable `prot`"),
        ("library.yaml", &target, 2, "asks for the credentials `bearerAuth`"),
        (
            "library.yaml",
            &["--header", "Authorization: Bearer t0ken-from-me", "--target", "http://127.0.0.1:9"],
            3,
            "cannot be reached",
        ),
        (
            "library.yaml",
            &["--header", "Authorization: Bearer t0ken-from-me", "--target", "http://a.example"],
            2,
            "without TLS",
        ),
    ] {
        let output = flowproof(&folder, &[&["run", "--contract", contract], more].concat());
        assert_eq!(code(&output), exit, "{contract} {more:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{contract} {more:?}: {}", said(&output));
        assert!(!said(&output).contains("t0ken-from-me"), "{}", said(&output));
    }
}

#[test]
fn what_is_wrong_with_a_document_is_shown_in_its_text() {
    let paths =
        "info: { title: t, version: '1' }\npaths: { /a: { get: { responses: { '200': { description: It. } } } } }\n";
    for (name, text, shown) in [
        (
            "tab.yaml",
            format!("openapi: 3.0.3\n{paths}x-more:\n\tinfo: x\n"),
            "error: this is not valid YAML: it is indented with spaces, and here is a tab\n \
             --> tab.yaml:5:2\n  |\n5 |     info: x\n  |     ^^^^^^^\n",
        ),
        (
            "later.yaml",
            format!("# new\nopenapi: 3.2.0\n{paths}"),
            " --> later.yaml:2:1\n  |\n2 | openapi: 3.2.0\n  | ^^^^^^^^^^^^^^\n",
        ),
        (
            "comma.json",
            "{ \"openapi\": \"3.0.3\"\n  \"info\": {} }".to_owned(),
            "error: this is not valid JSON: expected `,` or `}`\n --> comma.json:2:3\n",
        ),
        (
            "twice.yaml",
            format!("openapi: 3.0.3\n{paths}info: {{}}\n"),
            "error: at `/info`: the key `info` occurs more than once in its map, first at line 2\n --> twice.yaml:4:1\n",
        ),
    ] {
        let folder = with_files("shown", &[(name, &text)]);
        let output = flowproof(&folder, &["lint", "--contract", name]);
        assert_eq!(code(&output), 2, "{}", said(&output));
        assert!(said(&output).contains(shown), "{}", said(&output));
    }
}

#[test]
fn a_document_without_requirements_has_nothing_to_cover_and_no_environment() {
    let folder = with_files("lint", &[("cases/bodies.yaml", BODIES)]);
    let output = flowproof(&folder, &["lint", "--contract", "library.yaml"]);
    assert_passes(&output);
    let with_env = "scenario: Of another API\nsteps:\n  - call: readBook\n    path: { id: \"{{env.id}}\" }\n";
    fs::write(folder.join("cases/env.yaml"), with_env).expect("written");
    let output = flowproof(&folder, &["lint", "--contract", "library.yaml"]);
    assert_eq!(code(&output), 2, "{}", said(&output));
}

/// A document whose reading operations are few.
fn small(security: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{ title: Small, version: '1' }}\nservers: [{{ url: '{}' }}]\npaths:\n  /plain:\n    get:\n      \
         summary: Read it\n      security: {security}\n      responses: {{ '200': {{ description: It., content: {{ application/json: {{ schema: \
         {{ type: object }} }} }} }} }}\n    post: {{ operationId: write, responses: {{ '200': {{ description: It. }} }} }}\ncomponents:\n  \
         securitySchemes: {{ bearerAuth: {{ type: http, scheme: bearer }} }}\n",
        server::url()
    )
}

#[test]
fn init_leads_from_a_document_to_a_verdict() {
    let folder = with_files("init", &[("small.yaml", &small("[]"))]);
    let output = flowproof(&folder, &["init", "--contract", "small.yaml"]);
    assert_passes(&output);
    assert!(said(&output).contains("GET /plain") && said(&output).contains("1 passed"), "{}", said(&output));
    // What it wrote stands on its own.
    assert_passes(&flowproof(&folder, &["lint"]));
    assert_passes(&flowproof(&folder, &["run"]));
    let output = flowproof(&folder, &["init", "--contract", "small.yaml"]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(said(&output).contains("is there already"), "{}", said(&output));
    assert_passes(&flowproof(&folder, &["init", "--contract", "small.yaml", "--force"]));
}

/// It was read once to choose an operation and once to run, and everything was said twice.
#[test]
fn init_reads_the_document_once_and_says_once_what_is_to_be_said_of_it() {
    let bare = "responses: { '200': { description: It., content: { application/json: {} } } }";
    let text = small("[]").replace("responses: { '200': { description: It. } }", bare);
    let folder = with_files("init-once", &[("small.yaml", &text)]);
    let output = flowproof(&folder, &["init", "--contract", "small.yaml"]);
    assert_passes(&output);
    assert_eq!(stderr(&output).matches("none is documented: write 200").count(), 1, "{}", stderr(&output));
}

#[test]
fn init_takes_server_and_credentials_from_flags_and_says_what_is_missing() {
    let folder = with_files("init-flags", &[("small.yaml", &small("[{ bearerAuth: [] }]"))]);
    fs::write(folder.join("nowhere.yaml"), small("[]").replace(&server::url(), "/v1")).expect("written");
    fs::write(folder.join("writes.yaml"), small("[]").replace("    get:", "    put:")).expect("written");
    for (arguments, exit, words) in [
        (&["--contract", "small.yaml"][..], 2, "asks for credentials (bearerAuth)"),
        (&["--contract", "small.yaml", "--from-env", "bearer=A"], 2, "no security scheme `bearer`"),
        (&["--contract", "nowhere.yaml"], 2, "names no server with a host; name it: --url URL"),
        (&["--contract", "writes.yaml"], 2, "no operation of the contract only reads"),
        (&["--contract", "missing.yaml"], 2, "cannot read missing.yaml"),
        (&["--url", "http://a.example"], 2, "go with --contract"),
        (
            &["--contract", "small.yaml", "--url", "http://127.0.0.1:9", "--from-env", "bearerAuth=LIBRARY_TOKEN"],
            3,
            "cannot be reached",
        ),
        (&["--force", "--contract", "small.yaml", "--from-env", "bearerAuth=LIBRARY_TOKEN"], 0, "1 passed"),
        (&["--force", "--contract", "small.yaml", "--header", "Authorization: Bearer t0ken-from-me"], 0, "1 passed"),
    ] {
        let output = flowproof(&folder, &[&["init"], arguments].concat());
        assert_eq!(code(&output), exit, "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
}

const COOKIES: &str = r#"
openapi: 3.0.3
info: { title: Cookies, version: "1" }
paths:
  /cookies:
    post:
      operationId: setCookies
      requestBody: { content: { application/json: { schema: { type: array, items: { type: string } } } } }
      responses: { "200": { description: they are set } }
  /echo/fields:
    get:
      operationId: readFields
      responses: { "200": { description: the request, content: { application/json: { schema: { type: object } } } } }
"#;

const SET_COOKIES: &str = r#"
scenario: What an answer sets is sent, and what it takes back is not
steps:
  - call: setCookies
    body: [ "A=1; Path=/", "B=2", "C=3; HttpOnly; SameSite=Lax", "D=4; Domain=localhost" ]
  - call: readFields
    expect: { body: { /fields/cookie: "A=1; B=2; C=3; D=4" } }
  - call: setCookies
    body:
      - A=five==; path=/
      - B=; Max-Age=0
      - C=; Expires=Thu, 01 Jan 1970 00:00:00 GMT
      - D="six"; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=600
  - call: readFields
    expect: { body: { /fields/cookie: "A=five==; D=\"six\"" } }
"#;

#[test]
fn cookies_go_over_the_wire_as_they_were_set_and_until_they_are_taken_back() {
    let folder = with_files("cookies", &[("cookies.yaml", COOKIES), ("cases/cookies.yaml", SET_COOKIES)]);
    assert_passes(&flowproof(&folder, &["run", "--contract", "cookies.yaml", "--target", &server::url()]));
}
