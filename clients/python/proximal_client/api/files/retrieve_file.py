from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.open_ai_error import OpenAIError
from ...models.open_ai_file import OpenAIFile
from typing import cast



def _get_kwargs(
    id: str,

) -> dict[str, Any]:
    

    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/files/{id}".format(id=quote(str(id), safe=""),),
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OpenAIError | OpenAIFile | None:
    if response.status_code == 200:
        response_200 = OpenAIFile.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = OpenAIError.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = OpenAIError.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = OpenAIError.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = OpenAIError.from_dict(response.json())



        return response_404

    if response.status_code == 405:
        response_405 = OpenAIError.from_dict(response.json())



        return response_405

    if response.status_code == 429:
        response_429 = OpenAIError.from_dict(response.json())



        return response_429

    if response.status_code == 500:
        response_500 = OpenAIError.from_dict(response.json())



        return response_500

    if response.status_code == 503:
        response_503 = OpenAIError.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OpenAIError | OpenAIFile]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,

) -> Response[OpenAIError | OpenAIFile]:
    """ Show a file

     What is known of a file; its bytes are at …/content. A key needs the scope `read`.

    Args:
        id (str): Which file, by its id. Example: file-01k0….

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenAIError | OpenAIFile]
     """


    kwargs = _get_kwargs(
        id=id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    id: str,
    *,
    client: AuthenticatedClient,

) -> OpenAIError | OpenAIFile | None:
    """ Show a file

     What is known of a file; its bytes are at …/content. A key needs the scope `read`.

    Args:
        id (str): Which file, by its id. Example: file-01k0….

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenAIError | OpenAIFile
     """


    return sync_detailed(
        id=id,
client=client,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,

) -> Response[OpenAIError | OpenAIFile]:
    """ Show a file

     What is known of a file; its bytes are at …/content. A key needs the scope `read`.

    Args:
        id (str): Which file, by its id. Example: file-01k0….

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenAIError | OpenAIFile]
     """


    kwargs = _get_kwargs(
        id=id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,

) -> OpenAIError | OpenAIFile | None:
    """ Show a file

     What is known of a file; its bytes are at …/content. A key needs the scope `read`.

    Args:
        id (str): Which file, by its id. Example: file-01k0….

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenAIError | OpenAIFile
     """


    return (await asyncio_detailed(
        id=id,
client=client,

    )).parsed
