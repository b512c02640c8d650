from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.rollouts_adapter import RolloutsAdapter
from ..models.rollouts_logprobs import RolloutsLogprobs
from ..models.rollouts_prompt_format import RolloutsPromptFormat
from ..models.rollouts_type import RolloutsType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.rollouts_headers import RolloutsHeaders





T = TypeVar("T", bound="Rollouts")



@_attrs_define
class Rollouts:
    """ A server with OpenAI's completions (vLLM, llama.cpp's) that samples the rollouts; docs/rollouts.md says which
    servers can follow the policy. What is trained on is measured by the job's own engine either way, and rollout_gap/*
    says how far the two are apart. Runs are not repeated to the byte then. Needs trainable.type lora. Default null: the
    job's engine samples.

        Attributes:
            type_ (RolloutsType): What samples: a server with OpenAI's /v1/completions.
            url (str): Where the API is that has /completions below it, as https://host/v1: a public https URL, or one that
                the server's OUTBOUND_ALLOW opens.
            model (str): What that server calls the job's model, without an adapter.
            adapter (RolloutsAdapter): How the server follows the policy. vllm: each step's adapter is written below the
                server's ROLLOUT_ADAPTERS_DIR and loaded by POST /load_lora_adapter, the one before unloaded. none: it does not,
                and samples its model as it is, whatever has been learned: said by hand, as the rollouts are then another
                policy's. Required.
            adapters_path (None | str | Unset): With vllm: where that server sees ROLLOUT_ADAPTERS_DIR. Default null: at the
                same path.
            prompt_format (RolloutsPromptFormat | Unset): What prompts are sent as: token ids, or their text, for servers
                that take no ids. Default ids. Default: RolloutsPromptFormat.IDS.
            logprobs (RolloutsLogprobs | Unset): What the server's log-probabilities are of, which the gap is measured by:
                raw of its logits, as vLLM and llama.cpp have them by default; processed after ppo.temperature (vLLM's
                --logprobs-mode processed_logprobs). Default raw. Default: RolloutsLogprobs.RAW.
            headers (RolloutsHeaders | Unset): Sent with each request. Their values are secrets: no answer, log or error
                shows them.
            timeout_s (int | Unset): How long one try of a request, all responses to a prompt, may take, in seconds. Default
                300. Default: 300.
            concurrency (int | Unset): Requests at a time, one a prompt. Default 16. Default: 16.
            max_attempts (int | Unset): Tries of a request: one that is answered 408, 429 or 5xx, not at all or too late is
                sent again after a growing pause. Default 4. Default: 4.
     """

    type_: RolloutsType
    url: str
    model: str
    adapter: RolloutsAdapter
    adapters_path: None | str | Unset = UNSET
    prompt_format: RolloutsPromptFormat | Unset = RolloutsPromptFormat.IDS
    logprobs: RolloutsLogprobs | Unset = RolloutsLogprobs.RAW
    headers: RolloutsHeaders | Unset = UNSET
    timeout_s: int | Unset = 300
    concurrency: int | Unset = 16
    max_attempts: int | Unset = 4





    def to_dict(self) -> dict[str, Any]:
        from ..models.rollouts_headers import RolloutsHeaders # noqa: PLC0415
        type_ = self.type_.value

        url = self.url

        model = self.model

        adapter = self.adapter.value

        adapters_path: None | str | Unset
        if isinstance(self.adapters_path, Unset):
            adapters_path = UNSET
        else:
            adapters_path = self.adapters_path

        prompt_format: str | Unset = UNSET
        if not isinstance(self.prompt_format, Unset):
            prompt_format = self.prompt_format.value


        logprobs: str | Unset = UNSET
        if not isinstance(self.logprobs, Unset):
            logprobs = self.logprobs.value


        headers: dict[str, Any] | Unset = UNSET
        if not isinstance(self.headers, Unset):
            headers = self.headers.to_dict()

        timeout_s = self.timeout_s

        concurrency = self.concurrency

        max_attempts = self.max_attempts


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "url": url,
            "model": model,
            "adapter": adapter,
        })
        if adapters_path is not UNSET:
            field_dict["adapters_path"] = adapters_path
        if prompt_format is not UNSET:
            field_dict["prompt_format"] = prompt_format
        if logprobs is not UNSET:
            field_dict["logprobs"] = logprobs
        if headers is not UNSET:
            field_dict["headers"] = headers
        if timeout_s is not UNSET:
            field_dict["timeout_s"] = timeout_s
        if concurrency is not UNSET:
            field_dict["concurrency"] = concurrency
        if max_attempts is not UNSET:
            field_dict["max_attempts"] = max_attempts

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rollouts_headers import RolloutsHeaders # noqa: PLC0415
        d = dict(src_dict)
        type_ = RolloutsType(d.pop("type"))




        url = d.pop("url")

        model = d.pop("model")

        adapter = RolloutsAdapter(d.pop("adapter"))




        def _parse_adapters_path(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        adapters_path = _parse_adapters_path(d.pop("adapters_path", UNSET))


        _prompt_format = d.pop("prompt_format", UNSET)
        prompt_format: RolloutsPromptFormat | Unset
        if isinstance(_prompt_format,  Unset):
            prompt_format = UNSET
        else:
            prompt_format = RolloutsPromptFormat(_prompt_format)




        _logprobs = d.pop("logprobs", UNSET)
        logprobs: RolloutsLogprobs | Unset
        if isinstance(_logprobs,  Unset):
            logprobs = UNSET
        else:
            logprobs = RolloutsLogprobs(_logprobs)




        _headers = d.pop("headers", UNSET)
        headers: RolloutsHeaders | Unset
        if isinstance(_headers,  Unset):
            headers = UNSET
        else:
            headers = RolloutsHeaders.from_dict(_headers)




        timeout_s = d.pop("timeout_s", UNSET)

        concurrency = d.pop("concurrency", UNSET)

        max_attempts = d.pop("max_attempts", UNSET)

        rollouts = cls(
            type_=type_,
            url=url,
            model=model,
            adapter=adapter,
            adapters_path=adapters_path,
            prompt_format=prompt_format,
            logprobs=logprobs,
            headers=headers,
            timeout_s=timeout_s,
            concurrency=concurrency,
            max_attempts=max_attempts,
        )

        return rollouts

