from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.list_models_fine_tuned import ListModelsFineTuned
from ...models.list_models_response_200 import ListModelsResponse200
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    fine_tuned: ListModelsFineTuned | Unset = ListModelsFineTuned.TRUE,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    json_fine_tuned: str | Unset = UNSET
    if not isinstance(fine_tuned, Unset):
        json_fine_tuned = fine_tuned.value

    params["fine_tuned"] = json_fine_tuned


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/models",
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ListModelsResponse200 | Problem | None:
    if response.status_code == 200:
        response_200 = ListModelsResponse200.from_dict(response.json())



        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

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

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ListModelsResponse200 | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    fine_tuned: ListModelsFineTuned | Unset = ListModelsFineTuned.TRUE,

) -> Response[ListModelsResponse200 | Problem]:
    """ List models

     Folders of MODELS_DIR, what was downloaded or made here, and downloads on their way; then fine-tuned
    models, which are the checkpoints of jobs, the newest 1,000. A key needs the scope `read`.

    Args:
        fine_tuned (ListModelsFineTuned | Unset): Whether fine-tuned models are listed too.
            Default: ListModelsFineTuned.TRUE.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListModelsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        fine_tuned=fine_tuned,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    fine_tuned: ListModelsFineTuned | Unset = ListModelsFineTuned.TRUE,

) -> ListModelsResponse200 | Problem | None:
    """ List models

     Folders of MODELS_DIR, what was downloaded or made here, and downloads on their way; then fine-tuned
    models, which are the checkpoints of jobs, the newest 1,000. A key needs the scope `read`.

    Args:
        fine_tuned (ListModelsFineTuned | Unset): Whether fine-tuned models are listed too.
            Default: ListModelsFineTuned.TRUE.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListModelsResponse200 | Problem
     """


    return sync_detailed(
        client=client,
fine_tuned=fine_tuned,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    fine_tuned: ListModelsFineTuned | Unset = ListModelsFineTuned.TRUE,

) -> Response[ListModelsResponse200 | Problem]:
    """ List models

     Folders of MODELS_DIR, what was downloaded or made here, and downloads on their way; then fine-tuned
    models, which are the checkpoints of jobs, the newest 1,000. A key needs the scope `read`.

    Args:
        fine_tuned (ListModelsFineTuned | Unset): Whether fine-tuned models are listed too.
            Default: ListModelsFineTuned.TRUE.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListModelsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        fine_tuned=fine_tuned,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    fine_tuned: ListModelsFineTuned | Unset = ListModelsFineTuned.TRUE,

) -> ListModelsResponse200 | Problem | None:
    """ List models

     Folders of MODELS_DIR, what was downloaded or made here, and downloads on their way; then fine-tuned
    models, which are the checkpoints of jobs, the newest 1,000. A key needs the scope `read`.

    Args:
        fine_tuned (ListModelsFineTuned | Unset): Whether fine-tuned models are listed too.
            Default: ListModelsFineTuned.TRUE.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListModelsResponse200 | Problem
     """


    return (await asyncio_detailed(
        client=client,
fine_tuned=fine_tuned,

    )).parsed
