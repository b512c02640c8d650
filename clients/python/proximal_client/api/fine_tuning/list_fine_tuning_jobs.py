from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.list_fine_tuning_jobs_metadata import ListFineTuningJobsMetadata
from ...models.list_fine_tuning_jobs_response_200 import ListFineTuningJobsResponse200
from ...models.open_ai_error import OpenAIError
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,
    metadata: ListFineTuningJobsMetadata | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["after"] = after

    json_metadata: dict[str, Any] | Unset = UNSET
    if not isinstance(metadata, Unset):
        json_metadata = metadata.to_dict()
    if not isinstance(json_metadata, Unset):
        params.update(json_metadata)



    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/fine_tuning/jobs",
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ListFineTuningJobsResponse200 | OpenAIError | None:
    if response.status_code == 200:
        response_200 = ListFineTuningJobsResponse200.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ListFineTuningJobsResponse200 | OpenAIError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,
    metadata: ListFineTuningJobsMetadata | Unset = UNSET,

) -> Response[ListFineTuningJobsResponse200 | OpenAIError]:
    """ List fine-tuning jobs, newest first

     Jobs of kind ppo and sft, those of POST /v1/training-jobs among them. A key needs the scope `read`.

    Args:
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): The last id of the page before.
        metadata (ListFineTuningJobsMetadata | Unset): Only jobs whose metadata has these keys and
            texts: ?metadata[experiment]=short. Several: all of them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListFineTuningJobsResponse200 | OpenAIError]
     """


    kwargs = _get_kwargs(
        limit=limit,
after=after,
metadata=metadata,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,
    metadata: ListFineTuningJobsMetadata | Unset = UNSET,

) -> ListFineTuningJobsResponse200 | OpenAIError | None:
    """ List fine-tuning jobs, newest first

     Jobs of kind ppo and sft, those of POST /v1/training-jobs among them. A key needs the scope `read`.

    Args:
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): The last id of the page before.
        metadata (ListFineTuningJobsMetadata | Unset): Only jobs whose metadata has these keys and
            texts: ?metadata[experiment]=short. Several: all of them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListFineTuningJobsResponse200 | OpenAIError
     """


    return sync_detailed(
        client=client,
limit=limit,
after=after,
metadata=metadata,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,
    metadata: ListFineTuningJobsMetadata | Unset = UNSET,

) -> Response[ListFineTuningJobsResponse200 | OpenAIError]:
    """ List fine-tuning jobs, newest first

     Jobs of kind ppo and sft, those of POST /v1/training-jobs among them. A key needs the scope `read`.

    Args:
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): The last id of the page before.
        metadata (ListFineTuningJobsMetadata | Unset): Only jobs whose metadata has these keys and
            texts: ?metadata[experiment]=short. Several: all of them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListFineTuningJobsResponse200 | OpenAIError]
     """


    kwargs = _get_kwargs(
        limit=limit,
after=after,
metadata=metadata,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,
    metadata: ListFineTuningJobsMetadata | Unset = UNSET,

) -> ListFineTuningJobsResponse200 | OpenAIError | None:
    """ List fine-tuning jobs, newest first

     Jobs of kind ppo and sft, those of POST /v1/training-jobs among them. A key needs the scope `read`.

    Args:
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): The last id of the page before.
        metadata (ListFineTuningJobsMetadata | Unset): Only jobs whose metadata has these keys and
            texts: ?metadata[experiment]=short. Several: all of them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListFineTuningJobsResponse200 | OpenAIError
     """


    return (await asyncio_detailed(
        client=client,
limit=limit,
after=after,
metadata=metadata,

    )).parsed
