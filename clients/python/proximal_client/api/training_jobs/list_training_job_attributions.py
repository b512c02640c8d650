from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.list_training_job_attributions_format import ListTrainingJobAttributionsFormat
from ...models.list_training_job_attributions_response_200 import ListTrainingJobAttributionsResponse200
from ...models.list_training_job_attributions_state_text import ListTrainingJobAttributionsStateText
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    id: str,
    *,
    epoch: int | Unset = UNSET,
    step: int | Unset = UNSET,
    prompt: int | Unset = UNSET,
    rollout: str | Unset = UNSET,
    format_: ListTrainingJobAttributionsFormat | Unset = UNSET,
    state_text: ListTrainingJobAttributionsStateText | Unset = ListTrainingJobAttributionsStateText.TRUE,
    limit: int | Unset = 100,
    after: str | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["epoch"] = epoch

    params["step"] = step

    params["prompt"] = prompt

    params["rollout"] = rollout

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_

    json_state_text: str | Unset = UNSET
    if not isinstance(state_text, Unset):
        json_state_text = state_text.value

    params["state_text"] = json_state_text

    params["limit"] = limit

    params["after"] = after


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/training-jobs/{id}/attributions".format(id=quote(str(id), safe=""),),
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ListTrainingJobAttributionsResponse200 | Problem | None:
    if response.status_code == 200:
        response_200 = ListTrainingJobAttributionsResponse200.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ListTrainingJobAttributionsResponse200 | Problem]:
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
    epoch: int | Unset = UNSET,
    step: int | Unset = UNSET,
    prompt: int | Unset = UNSET,
    rollout: str | Unset = UNSET,
    format_: ListTrainingJobAttributionsFormat | Unset = UNSET,
    state_text: ListTrainingJobAttributionsStateText | Unset = ListTrainingJobAttributionsStateText.TRUE,
    limit: int | Unset = 100,
    after: str | Unset = UNSET,

) -> Response[ListTrainingJobAttributionsResponse200 | Problem]:
    """ Per-token records of a training job, in the order of steps, rollouts and positions

     What each sampled token was worth and why: log-probabilities, KL, value, reward, advantage. A key
    needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        epoch (int | Unset): Only what is of this epoch, from 1.
        step (int | Unset): Only what is of this step, from 1.
        prompt (int | Unset): A prompt_idx.
        rollout (str | Unset): A rollout_id. Example: 12-3.
        format_ (ListTrainingJobAttributionsFormat | Unset): All but json give everything after
            the cursor, whatever the limit. Without it Accept decides, and json is the default.
        state_text (ListTrainingJobAttributionsStateText | Unset): false leaves state_text out,
            which is most of an answer's bytes. Default: ListTrainingJobAttributionsStateText.TRUE.
        limit (int | Unset): Items of a page at most. Default 100. Default: 100.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListTrainingJobAttributionsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
epoch=epoch,
step=step,
prompt=prompt,
rollout=rollout,
format_=format_,
state_text=state_text,
limit=limit,
after=after,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    epoch: int | Unset = UNSET,
    step: int | Unset = UNSET,
    prompt: int | Unset = UNSET,
    rollout: str | Unset = UNSET,
    format_: ListTrainingJobAttributionsFormat | Unset = UNSET,
    state_text: ListTrainingJobAttributionsStateText | Unset = ListTrainingJobAttributionsStateText.TRUE,
    limit: int | Unset = 100,
    after: str | Unset = UNSET,

) -> ListTrainingJobAttributionsResponse200 | Problem | None:
    """ Per-token records of a training job, in the order of steps, rollouts and positions

     What each sampled token was worth and why: log-probabilities, KL, value, reward, advantage. A key
    needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        epoch (int | Unset): Only what is of this epoch, from 1.
        step (int | Unset): Only what is of this step, from 1.
        prompt (int | Unset): A prompt_idx.
        rollout (str | Unset): A rollout_id. Example: 12-3.
        format_ (ListTrainingJobAttributionsFormat | Unset): All but json give everything after
            the cursor, whatever the limit. Without it Accept decides, and json is the default.
        state_text (ListTrainingJobAttributionsStateText | Unset): false leaves state_text out,
            which is most of an answer's bytes. Default: ListTrainingJobAttributionsStateText.TRUE.
        limit (int | Unset): Items of a page at most. Default 100. Default: 100.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListTrainingJobAttributionsResponse200 | Problem
     """


    return sync_detailed(
        id=id,
client=client,
epoch=epoch,
step=step,
prompt=prompt,
rollout=rollout,
format_=format_,
state_text=state_text,
limit=limit,
after=after,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    epoch: int | Unset = UNSET,
    step: int | Unset = UNSET,
    prompt: int | Unset = UNSET,
    rollout: str | Unset = UNSET,
    format_: ListTrainingJobAttributionsFormat | Unset = UNSET,
    state_text: ListTrainingJobAttributionsStateText | Unset = ListTrainingJobAttributionsStateText.TRUE,
    limit: int | Unset = 100,
    after: str | Unset = UNSET,

) -> Response[ListTrainingJobAttributionsResponse200 | Problem]:
    """ Per-token records of a training job, in the order of steps, rollouts and positions

     What each sampled token was worth and why: log-probabilities, KL, value, reward, advantage. A key
    needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        epoch (int | Unset): Only what is of this epoch, from 1.
        step (int | Unset): Only what is of this step, from 1.
        prompt (int | Unset): A prompt_idx.
        rollout (str | Unset): A rollout_id. Example: 12-3.
        format_ (ListTrainingJobAttributionsFormat | Unset): All but json give everything after
            the cursor, whatever the limit. Without it Accept decides, and json is the default.
        state_text (ListTrainingJobAttributionsStateText | Unset): false leaves state_text out,
            which is most of an answer's bytes. Default: ListTrainingJobAttributionsStateText.TRUE.
        limit (int | Unset): Items of a page at most. Default 100. Default: 100.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListTrainingJobAttributionsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
epoch=epoch,
step=step,
prompt=prompt,
rollout=rollout,
format_=format_,
state_text=state_text,
limit=limit,
after=after,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    epoch: int | Unset = UNSET,
    step: int | Unset = UNSET,
    prompt: int | Unset = UNSET,
    rollout: str | Unset = UNSET,
    format_: ListTrainingJobAttributionsFormat | Unset = UNSET,
    state_text: ListTrainingJobAttributionsStateText | Unset = ListTrainingJobAttributionsStateText.TRUE,
    limit: int | Unset = 100,
    after: str | Unset = UNSET,

) -> ListTrainingJobAttributionsResponse200 | Problem | None:
    """ Per-token records of a training job, in the order of steps, rollouts and positions

     What each sampled token was worth and why: log-probabilities, KL, value, reward, advantage. A key
    needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        epoch (int | Unset): Only what is of this epoch, from 1.
        step (int | Unset): Only what is of this step, from 1.
        prompt (int | Unset): A prompt_idx.
        rollout (str | Unset): A rollout_id. Example: 12-3.
        format_ (ListTrainingJobAttributionsFormat | Unset): All but json give everything after
            the cursor, whatever the limit. Without it Accept decides, and json is the default.
        state_text (ListTrainingJobAttributionsStateText | Unset): false leaves state_text out,
            which is most of an answer's bytes. Default: ListTrainingJobAttributionsStateText.TRUE.
        limit (int | Unset): Items of a page at most. Default 100. Default: 100.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListTrainingJobAttributionsResponse200 | Problem
     """


    return (await asyncio_detailed(
        id=id,
client=client,
epoch=epoch,
step=step,
prompt=prompt,
rollout=rollout,
format_=format_,
state_text=state_text,
limit=limit,
after=after,

    )).parsed
