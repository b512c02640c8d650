from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.checkpoint_export import CheckpointExport
from ...models.get_checkpoint_export_format import GetCheckpointExportFormat
from ...models.problem import Problem
from typing import cast



def _get_kwargs(
    id: str,
    format_: GetCheckpointExportFormat,

) -> dict[str, Any]:
    

    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/checkpoints/{id}/exports/{format_}".format(id=quote(str(id), safe=""),format_=quote(str(format_), safe=""),),
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CheckpointExport | Problem | None:
    if response.status_code == 200:
        response_200 = CheckpointExport.from_dict(response.json())



        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())



        return response_404

    if response.status_code == 405:
        response_405 = Problem.from_dict(response.json())



        return response_405

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())



        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())



        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[CheckpointExport | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    format_: GetCheckpointExportFormat,
    *,
    client: AuthenticatedClient,

) -> Response[CheckpointExport | Problem]:
    """ Files of a checkpoint in another layout; made if they are not there

     The first request for a layout makes its files, which takes as long as reading and writing the
    model. A key needs the scope `read`.

    Args:
        id (str): Which checkpoint, by its id. Example: ckpt_01k0….
        format_ (GetCheckpointExportFormat): merged: full weights and what transformers loads with
            them. onnx: what goes into that folder's onnx/. Example: merged.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CheckpointExport | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
format_=format_,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    id: str,
    format_: GetCheckpointExportFormat,
    *,
    client: AuthenticatedClient,

) -> CheckpointExport | Problem | None:
    """ Files of a checkpoint in another layout; made if they are not there

     The first request for a layout makes its files, which takes as long as reading and writing the
    model. A key needs the scope `read`.

    Args:
        id (str): Which checkpoint, by its id. Example: ckpt_01k0….
        format_ (GetCheckpointExportFormat): merged: full weights and what transformers loads with
            them. onnx: what goes into that folder's onnx/. Example: merged.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CheckpointExport | Problem
     """


    return sync_detailed(
        id=id,
format_=format_,
client=client,

    ).parsed

async def asyncio_detailed(
    id: str,
    format_: GetCheckpointExportFormat,
    *,
    client: AuthenticatedClient,

) -> Response[CheckpointExport | Problem]:
    """ Files of a checkpoint in another layout; made if they are not there

     The first request for a layout makes its files, which takes as long as reading and writing the
    model. A key needs the scope `read`.

    Args:
        id (str): Which checkpoint, by its id. Example: ckpt_01k0….
        format_ (GetCheckpointExportFormat): merged: full weights and what transformers loads with
            them. onnx: what goes into that folder's onnx/. Example: merged.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CheckpointExport | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
format_=format_,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    id: str,
    format_: GetCheckpointExportFormat,
    *,
    client: AuthenticatedClient,

) -> CheckpointExport | Problem | None:
    """ Files of a checkpoint in another layout; made if they are not there

     The first request for a layout makes its files, which takes as long as reading and writing the
    model. A key needs the scope `read`.

    Args:
        id (str): Which checkpoint, by its id. Example: ckpt_01k0….
        format_ (GetCheckpointExportFormat): merged: full weights and what transformers loads with
            them. onnx: what goes into that folder's onnx/. Example: merged.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CheckpointExport | Problem
     """


    return (await asyncio_detailed(
        id=id,
format_=format_,
client=client,

    )).parsed
