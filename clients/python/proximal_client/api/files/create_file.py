from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.create_file_body import CreateFileBody
from ...models.open_ai_error import OpenAIError
from ...models.open_ai_file import OpenAIFile
from typing import cast



def _get_kwargs(
    *,
    body: CreateFileBody,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/files",
    }

    _kwargs["files"] = body.to_multipart()

    headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
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

    if response.status_code == 405:
        response_405 = OpenAIError.from_dict(response.json())



        return response_405

    if response.status_code == 408:
        response_408 = OpenAIError.from_dict(response.json())



        return response_408

    if response.status_code == 413:
        response_413 = OpenAIError.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = OpenAIError.from_dict(response.json())



        return response_415

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
    *,
    client: AuthenticatedClient,
    body: CreateFileBody,

) -> Response[OpenAIError | OpenAIFile]:
    """ Send a file

     A form (multipart/form-data) with the file in it, in any order. It is written to the disk while it
    comes, up to MAX_FILE_BYTES. A key needs the scope `write`.

    Args:
        body (CreateFileBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenAIError | OpenAIFile]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    body: CreateFileBody,

) -> OpenAIError | OpenAIFile | None:
    """ Send a file

     A form (multipart/form-data) with the file in it, in any order. It is written to the disk while it
    comes, up to MAX_FILE_BYTES. A key needs the scope `write`.

    Args:
        body (CreateFileBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenAIError | OpenAIFile
     """


    return sync_detailed(
        client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateFileBody,

) -> Response[OpenAIError | OpenAIFile]:
    """ Send a file

     A form (multipart/form-data) with the file in it, in any order. It is written to the disk while it
    comes, up to MAX_FILE_BYTES. A key needs the scope `write`.

    Args:
        body (CreateFileBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenAIError | OpenAIFile]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CreateFileBody,

) -> OpenAIError | OpenAIFile | None:
    """ Send a file

     A form (multipart/form-data) with the file in it, in any order. It is written to the disk while it
    comes, up to MAX_FILE_BYTES. A key needs the scope `write`.

    Args:
        body (CreateFileBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenAIError | OpenAIFile
     """


    return (await asyncio_detailed(
        client=client,
body=body,

    )).parsed
