//! The table of operations: for each name what is sent and documented, and the generated method that sends it.
//!
//! How a method is called is read from the signature that the generator wrote, so table and client cannot disagree.
//! It writes tokens only; the types that they name are in `client`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::{FnArg, GenericArgument, ImplItem, ImplItemFn, Item, Pat, PathArguments, ReturnType, Type};

use super::Refusal;
use super::model::{Body, Content, LoweredOperation, Parameter, Reply};
use super::names::type_key;
use super::replies::status_tag;

/// Media types that are asked for first, in this order, where they are documented.
const PREFERRED: [&str; 2] = ["application/hal+json", "application/json"];

/// Writes `OPERATIONS`, sorted by name, for the client that the tokens hold.
///
/// # Errors
/// An operation without a method, or a method whose arguments are not those of the operation: a fault of the lowering.
pub fn table(client: &TokenStream, operations: &[LoweredOperation]) -> Result<TokenStream, Vec<Refusal>> {
    let methods = methods(client).map_err(|error| vec![refusal("", error.to_string())])?;
    let mut sorted: Vec<&LoweredOperation> = operations.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let entries: Result<Vec<TokenStream>, Refusal> =
        sorted.into_iter().map(|operation| entry(operation, &methods)).collect();
    let entries = entries.map_err(|refusal| vec![refusal])?;
    Ok(quote! {
        /// Every operation of the contract, sorted by name.
        pub static OPERATIONS: &[crate::client::Operation] = &[#(#entries),*];
    })
}

fn refusal(pointer: &str, reason: impl Into<String>) -> Refusal {
    Refusal { pointer: pointer.to_owned(), reason: reason.into() }
}

fn methods(client: &TokenStream) -> syn::Result<Vec<ImplItemFn>> {
    let file: syn::File = syn::parse2(client.clone())?;
    let inherent = file.items.into_iter().filter_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() => Some(block.items),
        _ => None,
    });
    Ok(inherent.flatten().filter_map(asynchronous).collect())
}

fn asynchronous(item: ImplItem) -> Option<ImplItemFn> {
    match item {
        ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
        _ => None,
    }
}

fn entry(operation: &LoweredOperation, methods: &[ImplItemFn]) -> Result<TokenStream, Refusal> {
    let LoweredOperation { name, id, method, path, body_required, .. } = operation;
    let function = methods.iter().find(|method| method.sig.ident == id.as_str());
    let function = function.ok_or_else(|| refusal(&operation.pointer, format!("no method {id} was generated")))?;
    let call = call(operation, function)?;
    let decode = decode(operation, function)?;
    let media_type = optional(operation.media_type.as_deref());
    let body = body(operation.body);
    let accept = accept(&operation.replies);
    let replies = operation.replies.iter().map(reply);
    let parameters = operation.parameters.iter().map(parameter);
    Ok(quote! {
        crate::client::Operation {
            name: #name,
            id: #id,
            method: #method,
            path: #path,
            media_type: #media_type,
            body: #body,
            body_required: #body_required,
            accept: #accept,
            replies: &[#(#replies),*],
            parameters: &[#(#parameters),*],
            call: #call,
            decode: #decode,
        }
    })
}

fn optional(text: Option<&str>) -> TokenStream {
    text.map_or_else(|| quote!(None), |text| quote!(Some(#text)))
}

fn body(body: Body) -> TokenStream {
    match body {
        Body::None => quote!(crate::client::Body::None),
        Body::Json => quote!(crate::client::Body::Json),
        Body::Form => quote!(crate::client::Body::Form),
    }
}

/// Lists what to ask for: every documented media type, the ones with a type first.
fn accept(replies: &[Reply]) -> String {
    let mut media_types: Vec<&str> = Vec::new();
    for media_type in replies.iter().flat_map(|reply| &reply.media_types) {
        if !media_types.contains(&media_type.as_str()) {
            media_types.push(media_type);
        }
    }
    media_types.sort_by_key(|media_type| {
        PREFERRED.iter().position(|preferred| preferred == media_type).unwrap_or(PREFERRED.len())
    });
    if media_types.is_empty() { "*/*".to_owned() } else { media_types.join(", ") }
}

fn reply(reply: &Reply) -> TokenStream {
    let Reply { status, media_types, content } = reply;
    let tag = status_tag(status);
    let content = match content {
        Content::Nothing => quote!(crate::client::Content::Nothing),
        Content::Json => quote!(crate::client::Content::Json),
        Content::Text => quote!(crate::client::Content::Text),
    };
    quote!(crate::client::Reply { status: #status, tag: #tag, media_types: &[#(#media_types),*], content: #content })
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let Parameter { name, location, required } = parameter;
    let location = match location.as_str() {
        "path" => quote!(crate::client::Location::Path),
        "query" => quote!(crate::client::Location::Query),
        "cookie" => quote!(crate::client::Location::Cookie),
        _ => quote!(crate::client::Location::Header),
    };
    quote!(crate::client::Parameter { name: #name, location: #location, required: #required })
}

fn call(operation: &LoweredOperation, function: &ImplItemFn) -> Result<TokenStream, Refusal> {
    let mut bindings = Vec::new();
    let mut passed = Vec::new();
    for (ident, of) in arguments(function) {
        let argument = argument(operation, ident, of)?;
        bindings.push(argument.binding);
        passed.push(argument.passed);
    }
    let id = &function.sig.ident;
    let arguments = if bindings.is_empty() { quote!(_) } else { quote!(arguments) };
    Ok(quote! {
        |client, #arguments| Box::pin(async move {
            #(#bindings)*
            crate::client::settle(client.#id(#(#passed),*).await)
        })
    })
}

fn arguments(function: &ImplItemFn) -> impl Iterator<Item = (&Ident, &Type)> {
    function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => match typed.pat.as_ref() {
            Pat::Ident(pattern) => Some((&pattern.ident, typed.ty.as_ref())),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
}

/// One argument of a generated method: how its value is made and how it is handed over.
struct Argument {
    binding: TokenStream,
    passed: TokenStream,
}

fn argument(operation: &LoweredOperation, ident: &Ident, of: &Type) -> Result<Argument, Refusal> {
    let (optional, inner) = unwrap_option(of);
    let owned = owned(inner);
    let by_reference = matches!(inner, Type::Reference(_));
    let passed = match (optional, by_reference) {
        (false, true) => quote!(&#ident),
        (true, true) => quote!(#ident.as_deref()),
        (_, false) => quote!(#ident),
    };
    let passed = if optional && by_reference && !is_str(inner) { quote!(#ident.as_ref()) } else { passed };
    if ident == "body" && operation.body != Body::None {
        return Ok(Argument { binding: quote!(let #ident: #owned = arguments.body()?;), passed });
    }
    let name = documented_name(operation, ident)?;
    let binding = if optional {
        quote!(let #ident: Option<#owned> = arguments.optional(#name)?;)
    } else {
        quote!(let #ident: #owned = arguments.parameter(#name)?;)
    };
    Ok(Argument { binding, passed })
}

fn documented_name(operation: &LoweredOperation, ident: &Ident) -> Result<Literal, Refusal> {
    let key = type_key(&ident.to_string());
    let sent = operation.parameters.iter().filter(|parameter| matches!(parameter.location.as_str(), "path" | "query"));
    let mut matching = sent.filter(|parameter| type_key(&parameter.name) == key);
    match (matching.next(), matching.next()) {
        (Some(parameter), None) => Ok(Literal::string(&parameter.name)),
        _ => Err(refusal(&operation.pointer, format!("two parameters, or none, would be the argument {ident}"))),
    }
}

fn unwrap_option(of: &Type) -> (bool, &Type) {
    match generic_argument(of, "Option") {
        Some(inner) => (true, inner),
        None => (false, of),
    }
}

fn generic_argument<'a>(of: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = of else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}

fn owned(of: &Type) -> TokenStream {
    match of {
        Type::Reference(_) if is_str(of) => quote!(String),
        Type::Reference(reference) => {
            let inner = &reference.elem;
            quote!(#inner)
        }
        _ => quote!(#of),
    }
}

fn is_str(of: &Type) -> bool {
    let Type::Reference(reference) = of else {
        return false;
    };
    matches!(reference.elem.as_ref(), Type::Path(path) if path.path.is_ident("str"))
}

fn decode(operation: &LoweredOperation, function: &ImplItemFn) -> Result<TokenStream, Refusal> {
    let ReturnType::Type(_, result) = &function.sig.output else {
        return Err(refusal(&operation.pointer, "the generated method returns nothing"));
    };
    let value = generic_argument(result, "Result").and_then(|value| generic_argument(value, "ResponseValue"));
    let value = value.ok_or_else(|| refusal(&operation.pointer, "the generated method has no typed reply"))?;
    Ok(quote!(crate::client::decode_tagged::<#value>))
}
