from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.generation_chat_prompt import GenerationChatPrompt
  from ..models.generation_text_prompt import GenerationTextPrompt
  from ..models.generation_token_prompt import GenerationTokenPrompt





T = TypeVar("T", bound="GenerationRequest")



@_attrs_define
class GenerationRequest:
    """ 
        Attributes:
            model (str): Name or id of the model.
            prompts (list[GenerationChatPrompt | GenerationTextPrompt | GenerationTokenPrompt | str]): What to answer.
            checkpoint (None | str | Unset): Id of a checkpoint of the model, whose weights are used. Default null: the bare
                model.
            adapter (None | str | Unset): Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR.
            n (int | Unset): Completions of each prompt. Default 1. Default: 1.
            max_new_tokens (int | Unset): Longest completion, in tokens, the token that ends it included. Default 50.
                Default: 50.
            temperature (float | Unset): Sampling temperature; 0 is greedy. Default 1. Default: 1.0.
            top_k (int | Unset): Only the most likely so many tokens are drawn. Default 0: all. Default: 0.
            top_p (float | Unset): Only the most likely tokens that make up so much probability are drawn. Default 1: all.
                Default: 1.0.
            stop (list[str] | Unset): Texts that end a completion, and are not part of it. Default none.
            seed (int | Unset): The same seed gives the same text, whatever else is in the batch. Default 0. Default: 0.
            logprobs (bool | Unset): Also answer the log-probability of each token. Default false. Default: False.
            stream (bool | Unset): Answer as Server-Sent Events, a piece at a time. Default false. Default: False.
     """

    model: str
    prompts: list[GenerationChatPrompt | GenerationTextPrompt | GenerationTokenPrompt | str]
    checkpoint: None | str | Unset = UNSET
    adapter: None | str | Unset = UNSET
    n: int | Unset = 1
    max_new_tokens: int | Unset = 50
    temperature: float | Unset = 1.0
    top_k: int | Unset = 0
    top_p: float | Unset = 1.0
    stop: list[str] | Unset = UNSET
    seed: int | Unset = 0
    logprobs: bool | Unset = False
    stream: bool | Unset = False





    def to_dict(self) -> dict[str, Any]:
        from ..models.generation_chat_prompt import GenerationChatPrompt # noqa: PLC0415
        from ..models.generation_text_prompt import GenerationTextPrompt # noqa: PLC0415
        from ..models.generation_token_prompt import GenerationTokenPrompt # noqa: PLC0415
        model = self.model

        prompts = []
        for prompts_item_data in self.prompts:
            prompts_item: dict[str, Any] | str
            if isinstance(prompts_item_data, GenerationTextPrompt):
                prompts_item = prompts_item_data.to_dict()
            elif isinstance(prompts_item_data, GenerationTokenPrompt):
                prompts_item = prompts_item_data.to_dict()
            elif isinstance(prompts_item_data, GenerationChatPrompt):
                prompts_item = prompts_item_data.to_dict()
            else:
                prompts_item = prompts_item_data
            prompts.append(prompts_item)



        checkpoint: None | str | Unset
        if isinstance(self.checkpoint, Unset):
            checkpoint = UNSET
        else:
            checkpoint = self.checkpoint

        adapter: None | str | Unset
        if isinstance(self.adapter, Unset):
            adapter = UNSET
        else:
            adapter = self.adapter

        n = self.n

        max_new_tokens = self.max_new_tokens

        temperature = self.temperature

        top_k = self.top_k

        top_p = self.top_p

        stop: list[str] | Unset = UNSET
        if not isinstance(self.stop, Unset):
            stop = self.stop



        seed = self.seed

        logprobs = self.logprobs

        stream = self.stream


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "model": model,
            "prompts": prompts,
        })
        if checkpoint is not UNSET:
            field_dict["checkpoint"] = checkpoint
        if adapter is not UNSET:
            field_dict["adapter"] = adapter
        if n is not UNSET:
            field_dict["n"] = n
        if max_new_tokens is not UNSET:
            field_dict["max_new_tokens"] = max_new_tokens
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_k is not UNSET:
            field_dict["top_k"] = top_k
        if top_p is not UNSET:
            field_dict["top_p"] = top_p
        if stop is not UNSET:
            field_dict["stop"] = stop
        if seed is not UNSET:
            field_dict["seed"] = seed
        if logprobs is not UNSET:
            field_dict["logprobs"] = logprobs
        if stream is not UNSET:
            field_dict["stream"] = stream

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.generation_chat_prompt import GenerationChatPrompt # noqa: PLC0415
        from ..models.generation_text_prompt import GenerationTextPrompt # noqa: PLC0415
        from ..models.generation_token_prompt import GenerationTokenPrompt # noqa: PLC0415
        d = dict(src_dict)
        model = d.pop("model")

        prompts = []
        _prompts = d.pop("prompts")
        for prompts_item_data in (_prompts):
            def _parse_prompts_item(data: object) -> GenerationChatPrompt | GenerationTextPrompt | GenerationTokenPrompt | str:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_generation_prompt_type_1 = GenerationTextPrompt.from_dict(data)



                    return componentsschemas_generation_prompt_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_generation_prompt_type_2 = GenerationTokenPrompt.from_dict(data)



                    return componentsschemas_generation_prompt_type_2
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_generation_prompt_type_3 = GenerationChatPrompt.from_dict(data)



                    return componentsschemas_generation_prompt_type_3
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                return cast(GenerationChatPrompt | GenerationTextPrompt | GenerationTokenPrompt | str, data)

            prompts_item = _parse_prompts_item(prompts_item_data)

            prompts.append(prompts_item)


        def _parse_checkpoint(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint", UNSET))


        def _parse_adapter(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        adapter = _parse_adapter(d.pop("adapter", UNSET))


        n = d.pop("n", UNSET)

        max_new_tokens = d.pop("max_new_tokens", UNSET)

        temperature = d.pop("temperature", UNSET)

        top_k = d.pop("top_k", UNSET)

        top_p = d.pop("top_p", UNSET)

        stop = cast(list[str], d.pop("stop", UNSET))


        seed = d.pop("seed", UNSET)

        logprobs = d.pop("logprobs", UNSET)

        stream = d.pop("stream", UNSET)

        generation_request = cls(
            model=model,
            prompts=prompts,
            checkpoint=checkpoint,
            adapter=adapter,
            n=n,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            stop=stop,
            seed=seed,
            logprobs=logprobs,
            stream=stream,
        )

        return generation_request

