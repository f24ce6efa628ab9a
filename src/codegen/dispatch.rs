//! The table of generated methods: for each operation's name the method that sends it, and how its replies are read.
//!
//! How a method is called is read from the signature that the generator wrote, so table and client cannot disagree.
//! It writes tokens only; the types that they name are those of `client::support`, which whoever includes them has in scope as
//! `support`. What an operation is stands in the contract.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::{FnArg, GenericArgument, ImplItem, ImplItemFn, Item, Pat, PathArguments, ReturnType, Type};

use super::document::Refusal;
use super::model::LoweredOperation;
use super::names::type_key;

/// Writes `METHODS`, sorted by the operations' names, for the client that the tokens hold.
///
/// # Errors
/// An operation without a method, or a method whose arguments are not those of the operation: a fault of the lowering.
pub(crate) fn table(client: &TokenStream, operations: &[LoweredOperation]) -> Result<TokenStream, Vec<Refusal>> {
    let methods = methods(client).map_err(|error| vec![refusal("", error.to_string())])?;
    let mut sorted: Vec<&LoweredOperation> = operations.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let rows: Result<Vec<TokenStream>, Refusal> =
        sorted.into_iter().map(|operation| row(operation, &methods)).collect();
    let rows = rows.map_err(|refusal| vec![refusal])?;
    Ok(quote! {
        /// The method of every operation of the contract, sorted by the operations' names.
        pub static METHODS: &[support::GeneratedMethod] = &[#(#rows),*];
    })
}

/// What the client does around each of its requests.
pub(crate) fn hooks() -> TokenStream {
    quote! {
        impl progenitor_client::ClientHooks<support::Capture> for Client {
            async fn pre<E>(
                &self,
                request: &mut reqwest::Request,
                _: &progenitor_client::OperationInfo,
            ) -> Result<(), progenitor_client::Error<E>> {
                self.inner.correct(request);
                Ok(())
            }

            async fn exec(
                &self,
                request: reqwest::Request,
                _: &progenitor_client::OperationInfo,
            ) -> reqwest::Result<reqwest::Response> {
                Ok(self.inner.exchange(&self.client, request).await)
            }
        }
    }
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
    let asynchronous = inherent.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
        _ => None,
    });
    Ok(asynchronous.collect())
}

fn row(operation: &LoweredOperation, methods: &[ImplItemFn]) -> Result<TokenStream, Refusal> {
    let LoweredOperation { name, id, .. } = operation;
    let function = methods.iter().find(|method| method.sig.ident == id.as_str());
    let function = function.ok_or_else(|| refusal(&operation.pointer, format!("no method {id} was generated")))?;
    let call = call(operation, function)?;
    let decode = decode(operation, function)?;
    Ok(quote! { support::GeneratedMethod::new(#name, #call, #decode) })
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
        |support::Connection { base, http, capture }, #arguments| Box::pin(async move {
            let client = Client { baseurl: base, client: http, inner: capture };
            #(#bindings)*
            support::settle(client.#id(#(#passed),*).await)
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
struct GeneratedArgument {
    binding: TokenStream,
    passed: TokenStream,
}

fn argument(operation: &LoweredOperation, ident: &Ident, of: &Type) -> Result<GeneratedArgument, Refusal> {
    let (optional, inner) = generic_argument(of, "Option").map_or((false, of), |inner| (true, inner));
    let owned = owned(inner);
    let by_reference = matches!(inner, Type::Reference(_));
    let passed = match (optional, by_reference) {
        (false, true) => quote!(&#ident),
        (true, true) => quote!(#ident.as_deref()),
        (_, false) => quote!(#ident),
    };
    let passed = if optional && by_reference && !is_str(inner) { quote!(#ident.as_ref()) } else { passed };
    if ident == "body" && operation.has_body {
        return Ok(GeneratedArgument { binding: quote!(let #ident: #owned = arguments.body()?;), passed });
    }
    let name = documented_name(operation, ident)?;
    let binding = if optional {
        quote!(let #ident: Option<#owned> = arguments.optional(#name)?;)
    } else {
        quote!(let #ident: #owned = arguments.parameter(#name)?;)
    };
    Ok(GeneratedArgument { binding, passed })
}

fn documented_name(operation: &LoweredOperation, ident: &Ident) -> Result<Literal, Refusal> {
    let key = type_key(&ident.to_string());
    let mut matching = operation.parameters.iter().filter(|name| type_key(name) == key);
    match (matching.next(), matching.next()) {
        (Some(name), None) => Ok(Literal::string(name)),
        _ => Err(refusal(&operation.pointer, format!("two parameters, or none, would be the argument {ident}"))),
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
    Ok(quote!(support::decode_tagged::<#value>))
}
