from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.open_ai_error import OpenAIError
from ...models.open_ai_event_types import OpenAIEventTypes
from typing import cast



def _get_kwargs(
    
) -> dict[str, Any]:
    

    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/webhook_event_types",
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OpenAIError | OpenAIEventTypes | None:
    if response.status_code == 200:
        response_200 = OpenAIEventTypes.from_dict(response.json())



        return response_200

    if response.status_code == 401:
        response_401 = OpenAIError.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = OpenAIError.from_dict(response.json())



        return response_403

    if response.status_code == 405:
        response_405 = OpenAIError.from_dict(response.json())



        return response_405

    if response.status_code == 429:
        response_429 = OpenAIError.from_dict(response.json())



        return response_429

    if response.status_code == 500:
        response_500 = OpenAIError.from_dict(response.json())



        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OpenAIError | OpenAIEventTypes]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,

) -> Response[OpenAIError | OpenAIEventTypes]:
    """ List the types of events that are told as OpenAI tells

     The ends of fine-tuning jobs. A key needs the scope `read`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenAIError | OpenAIEventTypes]
     """


    kwargs = _get_kwargs(
        
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,

) -> OpenAIError | OpenAIEventTypes | None:
    """ List the types of events that are told as OpenAI tells

     The ends of fine-tuning jobs. A key needs the scope `read`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenAIError | OpenAIEventTypes
     """


    return sync_detailed(
        client=client,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,

) -> Response[OpenAIError | OpenAIEventTypes]:
    """ List the types of events that are told as OpenAI tells

     The ends of fine-tuning jobs. A key needs the scope `read`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenAIError | OpenAIEventTypes]
     """


    kwargs = _get_kwargs(
        
    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,

) -> OpenAIError | OpenAIEventTypes | None:
    """ List the types of events that are told as OpenAI tells

     The ends of fine-tuning jobs. A key needs the scope `read`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenAIError | OpenAIEventTypes
     """


    return (await asyncio_detailed(
        client=client,

    )).parsed
